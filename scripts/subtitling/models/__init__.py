"""Model weights: the catalogue, where they come from, their checksums.

To add a model, put the entry that `sutradhar pin` prints into config/models.yaml. To add a kind of
source, see `sources`.
"""
