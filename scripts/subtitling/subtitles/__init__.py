"""From words to cues, from cues to files, and back.

To add a format: 1. how it is written, in `formats`; 2. how it is read, in `readers`.
"""
