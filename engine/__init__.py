"""The front door of the engine: the names that others may use, and nothing else."""
