"""Validation of the configuration against its schema, with messages of this project."""

import gc
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# Modules and a plan consist of objects that stay alive: collecting garbage among them took a sixth of
# the time for planning many films, and of a start with nothing to do. Those of Snakemake's start are
# left out of it, and the others looked through a hundred times less often, except in a workflow that
# has this one as a module (Snakemake gives that a name).
if __name__ is None:
    gc.freeze()
    gc.set_threshold(50_000, 10, 1000)

ROOT = Path(str(workflow.current_basedir)).parent
# At the end, so that a workflow that has this one as a module keeps its own modules, but before the
# checkout that the environment was set up from, which may be another one.
installed = [
    number
    for number, place in enumerate(sys.path)
    if (Path(place) / "subtitling" / "workflow").is_dir()
]
MODULES_FOLDER = str(ROOT / "scripts")
sys.path.insert([*installed, len(sys.path)][0], MODULES_FOLDER)

import lineage
from subtitling.workflow import configuration, snakemake_adapter

# The stages' processes as well. In a workflow that has this one as a module, its own scripts would
# find our other modules before theirs.
if __name__ is None:
    snakemake_adapter.stages_import_from(MODULES_FOLDER)
elif installed:
    snakemake_adapter.stages_import_packages(MODULES_FOLDER)

# Snakemake itself reads the file, but its error names no file. A WorkflowError would be surrounded
# by places in these rules, which do not help a user: the remedy must be the last line.
if unreadable := configuration.no_mapping(Path("config/config.yaml")):
    sys.exit(unreadable)


def with_defaults(config):
    """Validate the configuration against the schema, and fill in the schema's defaults."""
    schema = ROOT / "config" / "config.schema.json"
    try:
        configuration.check(
            config, schema, [Path(path) for path in workflow.configfiles]
        )
    except lineage.Problem as problem:
        sys.exit(lineage.terminal.message(str(problem)))
    validate(config, str(schema))
    config.update(configuration.at_home(config))
    for stage in ("asr", "translation"):
        if config[stage]["shards"] == "auto":
            config[stage]["shards"] = config["shards"]
