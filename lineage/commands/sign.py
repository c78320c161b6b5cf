"""Sign a job's record: an in-toto statement on every delivered file and on the ledger's head.

The job must verify first. With an SSH key (--key) the statement is signed in a DSSE envelope and in
OpenSSH's form, so that `ssh-keygen -Y verify` and in-toto's programs check it without this one.
A passphrase is taken from the environment's SUTRADHAR_KEY_PASSPHRASE. `lineage verify --signed-by`
checks it.
"""

import argparse
import json
import os
from pathlib import Path

from lineage import attestation, ledger, sshsig, terminal, time_stamps
from lineage.commands.verify import verify
from lineage.problem import Problem
from lineage.record import Job


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--key", type=Path, metavar="FILE", help="a private SSH key")
    how.add_argument(
        "--sigstore", action="store_true",
        help="sign with an identity at Sigstore: needs a network and the package sigstore",
    )  # fmt: skip
    parser.add_argument(
        "--time-stamp", metavar="URL", help="have the signature stamped by this RFC 3161 server"
    )
    parser.add_argument(
        "--workflow", type=Path, help="the folder of the workflow, for a job that was moved"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.sigstore:
        head, by = with_sigstore(args.job, args.workflow), "Sigstore"
    else:
        head, by = sign(args.job, args.key, args.time_stamp, args.workflow)
    target = args.job / attestation.FOLDER
    if args.json:
        print(json.dumps({"head": head, "key": by, "folder": str(target)}))
    else:
        print(terminal.line(f"{args.job}: head {head} signed by {by}, in {target}"))
    return 0


def sign(
    folder: Path, key: Path, time_stamp: str | None = None, workflow: Path | None = None
) -> tuple[str, str]:
    """Sign the job in `folder`: returns its head and the key's fingerprint. Raises Problem if the
    job does not verify, the key can't be used or the server gives no stamp."""
    private = sshsig.private_key(key, os.environ.get("SUTRADHAR_KEY_PASSPHRASE"))
    job, book = _verified(folder, workflow)
    content = attestation.encoded(attestation.statement(job, book))
    files = attestation.files(private, content)
    if time_stamp:
        stamped = time_stamps.request(time_stamp, files[attestation.SIGNATURE])
        files[attestation.TIME_STAMP] = stamped
    attestation.put(job, files)
    blob = sshsig.public_blob(private.public_key())
    return book.head, sshsig.fingerprint(blob)


def with_sigstore(folder: Path, workflow: Path | None) -> str:
    """Sign with an identity of Sigstore's public service, which is asked for in a browser or taken
    from the environment of a build. Returns the head. Raises Problem without the package."""
    try:
        from sigstore.dsse import Statement
        from sigstore.models import ClientTrustConfig
        from sigstore.oidc import IdentityToken, Issuer, detect_credential
        from sigstore.sign import SigningContext
    except ImportError as error:
        raise Problem(
            f"--sigstore needs the package sigstore ({error}): pip install sigstore, or sign with "
            "--key"
        ) from error
    job, book = _verified(folder, workflow)
    content = attestation.encoded(attestation.statement(job, book))
    trust = ClientTrustConfig.production()
    given = detect_credential()
    issuer = Issuer(trust.signing_config.get_oidc_url())
    identity = IdentityToken(given) if given else issuer.identity_token()
    with SigningContext.from_trust_config(trust).signer(identity) as signer:
        bundle = signer.sign_dsse(Statement(content))
    put = {attestation.STATEMENT: content, attestation.BUNDLE: bundle.to_json().encode()}
    attestation.put(job, put)
    return book.head


def _verified(folder: Path, workflow: Path | None) -> tuple[Job, ledger.Ledger]:
    """The job, after everything on its record was found to match."""
    report = verify(folder, workflow=workflow, signature=False)
    if report.findings:
        raise Problem(
            f"{folder} does not verify ({len(report.findings)} findings), so it is not signed; see "
            f"lineage verify {folder}"
        )
    return Job.read(folder, workflow), ledger.read(folder / ledger.NAME)
