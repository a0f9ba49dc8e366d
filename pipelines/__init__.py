"""What connects Opencast, Panopto, LumiNUS and VALT: clients, the migration, the command line, the sandbox."""
