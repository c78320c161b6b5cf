"""Words that somebody has written down already: scripts, dialogue lists, subtitle files, tracks.

To read a further kind of file, add a function to the table `READERS` of `reading.py`, by ending.
"""
