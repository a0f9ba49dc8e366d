"""What holds of a migration, and of the engine, whatever happens in whatever order."""
