"""Carries an item's metadata on to its lecture items at LumiNUS."""
