"""The record of every stage: its inputs, outputs, code, models and result.

A stage script needs one line, `with lineage.stage(snakemake) as io:`; inputs, outputs and
parameters are taken from Snakemake. The modules that run inside a stage use the standard library
only, so that any environment can import them.
"""

from lineage.manifest import FileRecord, Manifest, sha256
from lineage.problem import Problem
from lineage.stage import Stage, stage

__all__ = ["FileRecord", "Manifest", "Problem", "Stage", "sha256", "stage"]
