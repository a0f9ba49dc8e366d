"""Real fakes of the ports: they keep what they are given and can be asked about it."""
