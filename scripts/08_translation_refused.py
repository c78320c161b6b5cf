"""Fail for a language that nothing translates the film into: on record, apart from the others."""

import lineage

with lineage.stage(snakemake) as io:
    raise lineage.Problem(io.params.why)
