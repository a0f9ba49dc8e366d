"""Emulated Opencast and Panopto on loopback, as awkward as the real systems; imports nothing of ours."""
