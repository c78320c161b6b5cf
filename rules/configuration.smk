"""Validation of the configuration against its schema, with messages of this project."""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

ROOT = Path(str(workflow.current_basedir)).parent
# At the end, so that a workflow that has this one as a module keeps its own modules.
sys.path.append(str(ROOT / "scripts"))

import lineage
from subtitling.workflow import configuration

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
