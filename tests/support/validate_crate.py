"""Run by test_export.py in an environment that has roc-validator and runcrate, with no
network: prints what they find wrong with the crate given, and ends with 0 where that is nothing.

The validator asks w3id.org for RO-Crate's context. Its own cache is filled beforehand with the copy
of 1.3 that the package rocrate brings, and it is kept offline. Of RO-Crate itself it knows 1.3. Its
profiles of Workflow Run RO-Crate are those of 0.5, on top of RO-Crate 1.1: they are applied to a
copy of the crate in which the identifiers that 0.6 changed are those of 0.5: four terms of the
context, and the versions of the profiles.
"""

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import requests
import rocrate
from requests.adapters import BaseAdapter
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.3/context"
OLD_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
WORKFLOW = "https://bioschemas.org/ComputationalWorkflow"
OF_1_1 = {
    "ComputationalWorkflow": WORKFLOW,
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": f"{WORKFLOW}#input",
    "output": f"{WORKFLOW}#output",
}
OF_0_5 = {
    "wfrun/process/0.6": "wfrun/process/0.5",
    "wfrun/workflow/0.6": "wfrun/workflow/0.5",
    "wfrun/provenance/0.6": "wfrun/provenance/0.5",
    "workflow-ro-crate/1.1": "workflow-ro-crate/1.0",
    "ro/crate/1.3": "ro/crate/1.1",
}
NEW_PROFILES = ("ro-crate-1.3",)
OLD_PROFILES = ("process-run-crate", "workflow-run-crate", "provenance-run-crate")
METADATA = "ro-crate-metadata.json"


class LocalCopy(BaseAdapter):
    """Answers for w3id.org."""

    def send(self, request, **_):
        document = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_bytes())
        if request.url == OLD_CONTEXT:
            document["@context"] |= OF_1_1
        body = json.dumps(document).encode()
        headers = {"Content-Type": "application/ld+json"}
        response = requests.Response()
        response.status_code, response.url, response.request = 200, request.url, request
        response.headers.update(headers)
        response.raw = HTTPResponse(
            io.BytesIO(body), headers=headers, status=200, preload_content=False
        )
        return response

    def close(self):
        pass


def as_0_5(crate, target):
    """A copy of the crate, its files linked, with the identifiers of 0.5."""
    shutil.copytree(crate, target, copy_function=os.link)
    text = (target / METADATA).read_text("utf-8")
    for new, old in OF_0_5.items():
        text = text.replace(new, old)
    (target / METADATA).unlink()
    (target / METADATA).write_text(text, "utf-8")
    return str(target)


def required_issues(crate, profile, cache):
    """Prints what the validator says by one profile; returns how many faults are in it."""
    result = validate(
        ValidationSettings(
            rocrate_uri=crate,
            profile_identifier=profile,
            requirement_severity=Severity.RECOMMENDED,
            cache_path=Path(cache),
            cache_max_age=-1,
            offline=True,
            skip_availability_check=True,
        )
    )
    issues = result.get_issues(min_severity=Severity.RECOMMENDED)
    required = [i for i in issues if i.severity >= Severity.REQUIRED]
    print(f"{profile}: {len(result.executed_checks)} checks, {len(required)} required issues")
    for issue in issues:
        print(f"  {issue.severity.name}: {issue.message}")
    return len(required)


def main(crate):
    logging.disable(logging.WARNING)  # of each ni: address that it cannot be looked up
    with tempfile.TemporaryDirectory(dir=Path(crate).parent) as folder:
        cache = str(Path(folder) / "http")
        requester = HttpRequester.initialize_cache(cache_path=cache, cache_max_age=-1)
        requester.session.mount("https://w3id.org/", LocalCopy())
        assert requester.session.get(CONTEXT).json()["@context"]
        assert requester.session.get(OLD_CONTEXT).json()["@context"]
        failed = sum(required_issues(crate, profile, cache) for profile in NEW_PROFILES)
        old = as_0_5(crate, Path(folder) / "old")
        failed += sum(required_issues(old, profile, cache) for profile in OLD_PROFILES)
    report = subprocess.run(
        [str(Path(sys.executable).with_name("runcrate")), "report", crate], capture_output=True
    )
    print(f"runcrate report: {report.stdout.decode().count('action:')} actions")
    print(report.stderr.decode(), end="")
    return 1 if failed or report.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
