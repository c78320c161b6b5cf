"""Words that somebody has written down already: scripts, dialogue lists, subtitle files, tracks.

`sources` says which text a film has, `reading` reads it. A script goes through `matching`,
`spoken_script` and `script_alignment`; a text with times through `fitting` and `timed_text`.
To read a further kind of file, add a function to the table `READERS` of `reading.py`, by ending.
"""
