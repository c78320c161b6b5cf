"""Fail for a language that no engine translates the film into, with a record, so that only this
language fails."""

import lineage

with lineage.stage(snakemake) as io:
    raise lineage.Problem(io.params.why)
