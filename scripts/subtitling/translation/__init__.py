"""From sentences to sentences: engines, batches, protected terms, checks of answers.

To add an engine: 1. a module with the interface that `engines` states; 2. its name in `engines`;
3. its section in config/config.schema.json, if it has options.
"""
