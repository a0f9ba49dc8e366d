"""What connects Opencast, Panopto, LumiNUS and VALT: clients, migration, command line, sandbox."""
