"""From words to times. To add an aligner, see `aligners`."""
