"""The only place that builds: from settings to what a verb of the command needs."""
