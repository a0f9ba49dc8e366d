"""Gives a session that is right what no manifest can: each aspect by itself, with an outcome of its own."""
