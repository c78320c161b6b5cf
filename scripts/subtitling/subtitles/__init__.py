"""From words to cues, from cues to files, and back.

To add a file format, see `formats`. To add a rule of reading: 1. its field in `rules.Rules` and in
config/subtitle_rules.schema.json; 2. its values in config/subtitle_rules.yaml; 3. where it holds,
in `cues` and `quality`.
"""
