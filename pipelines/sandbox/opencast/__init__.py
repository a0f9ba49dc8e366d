"""The emulated Opencast: External API and file server."""
