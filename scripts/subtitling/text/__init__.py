"""Text processing: languages, scripts, spelling, numbers, sentences.

To add a script that is written by rule: 1. a module with a function from text to text;
2. a row in `recognition/writing.py`, which chooses among them.
"""
