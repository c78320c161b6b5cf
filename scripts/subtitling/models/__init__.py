"""Model weights: the catalogue, where they come from, their checksums.

To add a model: 1. `sutradhar pin` prints its entry for config/models.yaml.
"""
