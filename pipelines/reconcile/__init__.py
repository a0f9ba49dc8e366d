"""Brings a checkpoint and what Panopto holds together: sessions are joined by their marker, or taken back."""
