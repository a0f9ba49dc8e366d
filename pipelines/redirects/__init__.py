"""Redirects: where each old player address leads after the move, made from the checkpoint alone."""
