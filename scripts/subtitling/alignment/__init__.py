"""From words to times.

To add an aligner: 1. a class with the interface of `aligners.Aligner`; 2. a row in `aligners.load`.
"""
