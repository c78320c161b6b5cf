"""Write a job's delivered files with Content Credentials (C2PA), signed by your certificate.

They say that AI generated the subtitles, what a person did, and the head of the record. WebVTT and
MP4 hold them inside; every other file has a `.c2pa` beside it. The job itself stays as it is. Needs
the packages c2pa-python and c2pa-vtt: make c2pa.
"""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from lineage import attestation, content_credentials, ledger, terminal
from lineage.commands.verify import verify
from lineage.content_credentials import EMBEDDED, Claim
from lineage.problem import Problem
from lineage.record import Job, Reader

_SUBTITLES = "09_subtitle_gen/"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    parser.add_argument("--certificate", type=Path, required=True, metavar="PEM",
                        help="a chain of certificates, the signer's first")  # fmt: skip
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="its private key; "
                        "a passphrase is taken from SUTRADHAR_KEY_PASSPHRASE")  # fmt: skip
    parser.add_argument("--time-stamp", metavar="URL", help="an RFC 3161 server")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new folder")


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    made = write(args.job, args.certificate, args.key, args.time_stamp, args.to)
    if args.json:
        print(json.dumps([str(path) for path in made]))
    else:
        print(terminal.lines(map(str, made)), end="")
    return 0


def write(
    folder: Path, certificate: Path, key: Path, time_stamp: str | None, to: Path
) -> list[Path]:
    """Write the files with their credentials into the new folder `to`; returns those that have
    them. Raises Problem if the job does not verify or can't be signed for."""
    if to.exists():
        raise Problem(f"{to} exists already; give a new name")
    from subtitling.subtitles.machine_mark import CREDENTIAL

    passphrase = os.environ.get("SUTRADHAR_KEY_PASSPHRASE")
    signer = content_credentials.signer(certificate, key, passphrase, time_stamp)
    report = verify(folder)
    if report.findings:
        raise Problem(f"{folder} does not verify; see lineage verify {folder}")
    job = Job.read(folder)
    head = ledger.read(folder / ledger.NAME).head
    partial = to.with_name(f".{to.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    made = []
    for path in attestation.delivered(job):
        target = partial / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = folder / path
        if source.suffix not in EMBEDDED:
            shutil.copyfile(source, target)
        if path.endswith(CREDENTIAL):
            continue
        claim = Claim(Path(path).name, **_said(job, path, head))
        made.append(content_credentials.write(source, target, signer, claim))
    partial.rename(to)
    return [to / path.relative_to(partial) for path in made]


def _said(job: Job, path: str, head: str) -> dict[str, Any]:
    """The source type of a delivered file and what its credentials say of the record. A film is
    composed of what was filmed and of subtitles that AI generated."""
    from subtitling import documents
    from subtitling.subtitles.machine_mark import COMPOSITE, Mark

    key = path.rpartition("/")[0]
    record: dict[str, Any] = {"job": job.recorded, "head": head}
    if not path.startswith(_SUBTITLES):
        return {"source_type": COMPOSITE, "record": record}
    cues = Reader(job).output(documents.Cues, key, "cues")
    mark = Mark.of(cues.edit, from_text=cues.from_text)
    return {
        "source_type": mark.source_type,
        "record": record | {"statement": mark.statement, "review": mark.review},
    }
