"""Panopto: sign-in, session uploads, sessions and folders, and the manifest that says what an upload is."""
