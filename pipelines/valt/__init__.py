"""VALT, where future recordings are booked: its rooms and its schedules."""
