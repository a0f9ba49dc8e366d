"""Emulated Panopto: OAuth2, uploads, sessions and S3 on one https origin."""
