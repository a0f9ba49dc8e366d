"""Aspects: what a recording carries besides its media, read from Opencast's facts and files. Pure: no I/O.

An aspect is one thing such as captions, chapters or a picture. What cannot be read raises NotReadable, which
says why in a sentence; the recording itself arrives all the same.
"""
