"""The migration of recordings: discover, select, place, ship, finish, verify."""
