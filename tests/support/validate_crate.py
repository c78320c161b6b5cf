"""Run by test_export.py in an environment that has roc-validator and runcrate, with no
network: prints what they find wrong with the crate given, and ends with 0 where that is nothing.

The validator asks w3id.org for RO-Crate's context. Its own cache is filled beforehand with the copy
that the package rocrate brings, and it is kept offline. The copy is of 1.3, which has all terms of
1.1, but for four that it has under other addresses.
"""

import io
import json
import logging
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

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
WORKFLOW = "https://bioschemas.org/ComputationalWorkflow"
OF_1_1 = {
    "ComputationalWorkflow": WORKFLOW,
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": f"{WORKFLOW}#input",
    "output": f"{WORKFLOW}#output",
}
PROFILES = ("process-run-crate", "workflow-run-crate", "provenance-run-crate")


class LocalCopy(BaseAdapter):
    """Answers for w3id.org."""

    def send(self, request, **_):
        document = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_bytes())
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


def main(crate):
    failed = 0
    logging.disable(logging.WARNING)  # of each ni: address that it cannot be looked up
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder) / "http")
        requester = HttpRequester.initialize_cache(cache_path=cache, cache_max_age=-1)
        requester.session.mount("https://w3id.org/", LocalCopy())
        assert requester.session.get(CONTEXT).json()["@context"]
        for profile in PROFILES:
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
            failed += len(required)
            print(
                f"{profile}: {len(result.executed_checks)} checks, {len(required)} required issues"
            )
            for issue in issues:
                print(f"  {issue.severity.name}: {issue.message}")
    report = subprocess.run(
        [str(Path(sys.executable).with_name("runcrate")), "report", crate], capture_output=True
    )
    print(f"runcrate report: {report.stdout.decode().count('action:')} actions")
    print(report.stderr.decode(), end="")
    return 1 if failed or report.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
