"""Run by test_signed.py in an environment that has securesystemslib, the library of in-toto.

It checks a DSSE envelope by a public SSH key and prints the subjects of the statement. It ends with
1 where the signature is not by that key.

    python verify_envelope.py ENVELOPE PUBLIC_KEY
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def main() -> int:
    """Check, print, judge."""
    envelope = Envelope.from_dict(json.loads(Path(sys.argv[1]).read_bytes()))
    public = load_ssh_public_key(Path(sys.argv[2]).read_bytes())
    (keyid,) = envelope.signatures
    try:
        envelope.verify([SSlibKey.from_crypto(public, keyid)], 1)
    except VerificationError as error:
        print(error)
        return 1
    statement = json.loads(envelope.payload)
    print(envelope.payload_type, statement["_type"], statement["predicateType"])
    print("\n".join(subject["name"] for subject in statement["subject"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
