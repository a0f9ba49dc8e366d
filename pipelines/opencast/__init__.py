"""Opencast: what its External API tells, and where its files are."""
