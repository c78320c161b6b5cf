"""Content Credentials of delivered files, read by C2PA's own library; needs `make test-c2pa`."""

import base64
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
import recorded
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lineage import cli, content_credentials, ledger
from lineage.problem import Problem
from lineage.sshsig import private_key

try:
    C2PA, VTT = content_credentials.libraries()
except Problem:
    C2PA = VTT = None
needs_c2pa = pytest.mark.skipif(
    C2PA is None, reason="NOT CHECKED by c2pa-python and c2pa-vtt: make test-c2pa sets them up"
)
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
BOTH = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def _certificate(subject: str, issuer: str, key: Any, by: Any, is_root: bool) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name),
                   x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")])
        for name in (subject, issuer)
    ]  # fmt: skip
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only", "crl_sign"), False,
    )  # fmt: skip
    use = x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, **uses)
    builder = (
        x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(use, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if not is_root:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        issued = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
        builder = builder.add_extension(mail, critical=True).add_extension(issued, critical=False)
    return builder.sign(by, hashes.SHA256())


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a test chain of certificates and its key."""
    folder = tmp_path_factory.mktemp("papers")
    root, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = [
        _certificate("Test signer", "Test root", own, root, is_root=False),
        _certificate("Test root", "Test root", root, root, is_root=True),
    ]
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in chain)
    (folder / "chain.pem").write_bytes(pem)
    plain = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    return folder


def _run(job: Path, papers: Path, to: Path) -> int:
    papers_ = ["--certificate", str(papers / "chain.pem"), "--key", str(papers / "key.pem")]
    return cli.main(["credential", str(job), *papers_, "--to", str(to)])


@pytest.fixture(scope="module", params=["mkv", "mp4"])
def signed(
    request: pytest.FixtureRequest, papers: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A job and the folder of its signed files."""
    config = recorded.defaults()
    config["mux"]["container"] = request.param
    job = recorded.job(tmp_path_factory.mktemp("workflow"), config=config)
    to = tmp_path_factory.mktemp("signed") / "clip"
    assert _run(job, papers, to) == 0
    return job, to


def _faults_of_vtt(store: bytes, text: str) -> tuple[list[str], dict[str, Any]]:
    """The same for WebVTT: c2pa-rs checks the manifest, c2pa-vtt that it is the file's own."""
    reader = C2PA.Reader("text/vtt", io.BytesIO(text.encode()), store)
    said = json.loads(reader.detailed_json())
    manifest = said["manifests"][said["active_manifest"]]
    bound = manifest["assertion_store"]["c2pa.hash.data"]
    place = dict(zip(("start", "length"), VTT.data_hash_exclusion(text), strict=True))
    rows = [row["code"] for row in said["validation_results"]["activeManifest"]["failure"]]
    known = ("signingCredential.untrusted", "assertion.dataHash.mismatch")
    faults = [code for code in rows if code not in known]
    if bound["exclusions"] != [place]:
        faults.append("exclusion")
    if not VTT.verify_data_hash(text, base64.b64decode(bound["hash"])):
        faults.append("hash")
    rows = [{"label": k, "data": v} for k, v in manifest["assertion_store"].items()]
    return faults, {"assertions": rows}


def _faults(path: Path, content: bytes) -> tuple[list[str], dict[str, Any]]:
    """What C2PA's library has against a file, and the manifest in it or beside it."""
    beside = path.with_name(f"{path.name}.c2pa")
    store = beside.read_bytes() if beside.exists() else None
    if path.suffix == ".vtt":
        reference = VTT.extract_manifest(content.decode())["reference"]
        store = base64.b64decode(reference.partition("base64,")[2])
        return _faults_of_vtt(store, content.decode())
    given = (content_credentials.media_type(path), io.BytesIO(content))
    reader = C2PA.Reader(*given, store) if store else C2PA.Reader(*given)
    said = json.loads(reader.json())
    # A test's own root is in no list of trusted ones.
    rows = [row["code"] for row in said.get("validation_status", [])]
    return [code for code in rows if code != "signingCredential.untrusted"], said["manifests"][
        said["active_manifest"]
    ]


@needs_c2pa
def test_c2pas_library_accepts_every_file_and_no_changed_one(signed: tuple[Path, Path]) -> None:
    job, to = signed
    delivered = [
        p for p in sorted(to.rglob("*")) if p.is_file() and p.suffix not in (".c2pa", ".json")
    ]
    assert {p.suffix for p in delivered} >= {".srt", ".vtt", ".ass"}
    for path in delivered:
        content = path.read_bytes()
        faults, manifest = _faults(path, content)
        assert faults == [], path
        said = {row["label"]: row["data"] for row in manifest["assertions"]}
        film = path.parent.name == "10_mux"
        (action,) = said["c2pa.actions.v2"]["actions"]
        assert action["digitalSourceType"] == (BOTH if film else AI)
        assert said["org.sutradhar.record"]["head"] == ledger.read(job / ledger.NAME).head
        changed = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]
        assert _faults(path, changed)[0] != [], path


@needs_c2pa
def test_the_job_itself_stays_as_it_is(signed: tuple[Path, Path]) -> None:
    from lineage.commands.verify import verify

    assert verify(signed[0]).findings == []


@needs_c2pa
def test_what_can_not_sign_is_refused(papers: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate", "utf-8")
    with pytest.raises(Problem, match=r"no\.pem"):
        content_credentials.signer(tmp_path / "no.pem", papers / "key.pem", None, None)
    (tmp_path / "there").mkdir()
    assert _run(tmp_path, papers, tmp_path / "there") == 2


def test_without_the_libraries_the_command_says_how_to_get_them(
    papers: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    assert _run(tmp_path, papers, tmp_path / "to") == 2
    assert "make c2pa" in capsys.readouterr().err
    assert private_key(papers / "key.pem", None)
