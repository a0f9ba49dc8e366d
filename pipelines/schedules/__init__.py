"""Future bookings: Opencast's scheduling held against VALT's schedules, and carried over."""
