"""From words to times.

To add an aligner:
1. a class with the interface of `aligners.Aligner`;
2. its line in `aligners.choose`, for the languages that it serves, and in `aligners.load`;
3. its name in `alignment.aligner` of config/config.schema.json.
"""
