"""Films are signed at the end of a run, by the configuration's key, and one's fault is its own."""

from pathlib import Path

import pytest
import recorded
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lineage import attestation, ledger
from subtitling.workflow import signing

NONE = {"operator": "", "sign_key": "", "time_stamp": ""}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("key") / "k"
    key = ed25519.Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return NONE | {"sign_key": str(path)}


def test_each_film_is_signed_once_and_again_after_a_change(
    record: dict[str, str], tmp_path: Path
) -> None:
    folder = recorded.default_job(tmp_path)
    out = folder.parent
    (out / "broken").mkdir()
    ends = [*signing.signed(out, ["broken", "clip"], record)]
    assert [is_signed for is_signed, _ in ends] == [False, True]
    assert "NOT SIGNED" in ends[0][1]
    head = ledger.read(folder / ledger.NAME).head
    assert attestation.read(folder).head == head
    assert [*signing.signed(out, ["clip"], record)] == []
    (folder / "06_asr/transcript.json").write_text("{}", "utf-8")
    ledger.append(folder, folder / "06_asr", "2026-11-29T00:00:00.000Z")
    ((is_signed, line),) = signing.signed(out, ["clip"], record)
    assert not is_signed
    assert "does not verify" in line


def test_what_would_fail_at_the_end_stops_the_run_at_its_beginning(
    record: dict[str, str], tmp_path: Path
) -> None:
    assert signing.fault(NONE) is None
    assert signing.fault(record) is None
    assert "sign_key" in str(signing.fault(NONE | {"time_stamp": "http://stamp.example"}))
    assert "gone" in str(signing.fault(NONE | {"sign_key": str(tmp_path / "gone")}))
    assert [*signing.signed(tmp_path, ["clip"], NONE)] == []
