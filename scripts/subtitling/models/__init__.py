"""Model weights: the catalogue, the sources, the checksums.

To add a model, put the entry that `sutradhar pin` prints into config/models.yaml. To add a kind of
source, see `sources`.
"""
