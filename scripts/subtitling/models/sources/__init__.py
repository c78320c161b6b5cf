"""The sources of models, a module for each kind.

To add a kind: 1. a module with a frozen dataclass that is a `base.Source`, whose fields are the
entry's keys; 2. a row in `model_sources.SOURCES`; 3. its shape in config/models.schema.json.
"""
