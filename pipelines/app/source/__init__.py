"""What `ferry source` does to events at Opencast once they are moved: mark, unmark, retract."""
