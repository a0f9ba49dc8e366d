"""Makes a checkpoint know again what Panopto holds: sessions are joined with events by their marker."""
