"""From sentences to sentences: engines, batches, protected terms, checks of answers.

To add an engine:
1. a module with a `SPEC`, which `engine.EngineSpec` describes;
2. a row in `registry.SPECS`;
3. its section in config/config.schema.json, if it has options.
"""
