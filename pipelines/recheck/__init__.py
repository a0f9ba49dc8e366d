"""Holds what was moved, carried and booked against what the services tell now. Nothing is written."""
