"""Model weights: the catalogue, the sources, the checksums, and how a person adds a model.

To add a model to the project's own list, add it by `sutradhar models add` and move its entry from
config/models.local.yaml to config/models.yaml. To add a kind of source, see `sources`, a kind of
reference `offers`, a kind of model `kinds`.
"""
