"""The configuration, held against its schema: what is wrong with it is said in lines of our own."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

ROOT = Path(str(workflow.current_basedir)).parent
# At the end, so that a workflow that has this one as a module keeps its own modules.
sys.path.append(str(ROOT / "scripts"))

import lineage
from subtitling.workflow import configuration

# Snakemake itself reads it, and names no file where that fails. A WorkflowError would come between
# places in our rules, which are nobody's concern but ours: what to do must be the last line.
if unreadable := configuration.no_mapping(Path("config/config.yaml")):
    sys.exit(unreadable)


def with_defaults(config):
    """Hold the configuration against the schema, and put the schema's defaults into it."""
    schema = ROOT / "config" / "config.schema.json"
    try:
        configuration.check(
            config, schema, [Path(path) for path in workflow.configfiles]
        )
    except lineage.Problem as problem:
        sys.exit(lineage.terminal.message(str(problem)))
    validate(config, str(schema))
    config.update(configuration.at_home(config))
