"""Time stamps of an authority on a signature: asked for, checked, refused."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import recorded
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from lineage import attestation, cli, time_stamps
from lineage.commands import verify
from lineage.problem import Problem

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no authority here: openssl is missing")

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = A time stamp authority of a test
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamps]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256,sha512
"""


def _openssl(folder: Path, *words: str, given: bytes | None = None) -> bytes:
    assert OPENSSL
    done = subprocess.run([OPENSSL, *words], cwd=folder, input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority's certificates and keys."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "c.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01\n")
    new = ["req", "-new", "-config", "c.cnf", "-newkey", "rsa:2048", "-nodes"]
    _openssl(folder, *new, "-x509", "-days", "2", "-extensions", "authority",
             "-subj", "/CN=The root", "-keyout", "ca.key", "-out", "ca.pem")  # fmt: skip
    _openssl(folder, *new, "-keyout", "tsa.key", "-out", "tsa.csr")
    _openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-days", "2", "-extfile", "c.cnf", "-extensions", "stamps",
             "-out", "tsa.pem")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def server(authority: Path) -> Iterator[str]:
    """The authority at an address of this host; at /rubbish it answers with something else."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (authority / "q.tsq").write_bytes(asked)
            stamp = b"no time stamp" if self.path == "/rubbish" else _openssl(
                authority, "ts", "-reply", "-config", "c.cnf", "-queryfile", "q.tsq",
                "-signer", "tsa.pem", "-inkey", "tsa.key",
            )  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Length", str(len(stamp)))
            self.end_headers()
            self.wfile.write(stamp)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


def test_a_signature_is_stamped_and_the_stamp_is_checked(
    authority: Path, server: str, tmp_path: Path
) -> None:
    job = recorded.default_job(tmp_path)
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "k").write_bytes(private)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (tmp_path / "allowed").write_bytes(b"alice@studio " + public + b"\n")
    assert cli.main(["sign", str(job), "--key", str(tmp_path / "k"), "--time-stamp", server]) == 0

    def seen() -> verify.Report:
        return verify.verify(job, signed_by=tmp_path / "allowed", stamped_by=authority / "ca.pem")

    report = seen()
    assert report.findings == []
    assert report.signed and f"time stamp {datetime.now(UTC):%Y-%m-%d}" in report.signed

    stamp = job / attestation.FOLDER / attestation.TIME_STAMP
    # Without this project: openssl's own check of the same files.
    _openssl(authority, "ts", "-verify", "-in", str(stamp), "-CAfile", "ca.pem",
             "-data", str(job / attestation.FOLDER / attestation.SIGNATURE))  # fmt: skip
    stamp.write_bytes(time_stamps.request(server, b"another text"))
    assert [finding.kind for finding in seen().findings] == ["signature"]


def test_a_stamp_by_another_authority_is_none(authority: Path, server: str, tmp_path: Path) -> None:
    stamp = time_stamps.request(server, b"a text")
    assert time_stamps.check(stamp, b"a text", authority / "ca.pem")
    _openssl(authority, "req", "-new", "-x509", "-config", "c.cnf", "-newkey", "rsa:2048", "-nodes",
             "-extensions", "authority", "-subj", "/CN=Somebody else", "-days", "2",
             "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "other.pem"))  # fmt: skip
    with pytest.raises(time_stamps.BadTimeStamp):
        time_stamps.check(stamp, b"a text", tmp_path / "other.pem")


def test_a_server_that_gives_no_stamp_is_named(server: str) -> None:
    with pytest.raises(Problem, match="/rubbish: the answer is none"):
        time_stamps.request(f"{server}/rubbish", b"a text")
    with pytest.raises(Problem, match="name another server"):
        time_stamps.request("http://127.0.0.1:9", b"a text")
