"""Aligners: models that say for each frame of a sound how probable each token is.

To add one: 1. a module with a class of `base.Aligner`'s interface and a `base.AlignerSpec`, which
runs a torch network through `network.Network`; 2. a row in `aligner_table.ALIGNERS`, at its place
among the others, the best first.
"""
