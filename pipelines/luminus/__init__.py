"""LumiNUS, where students find the recordings: modules, their web lectures and the lecture items in them."""
