"""Verifies a folder of badges (`accolade demo --exit --output DIR`) with openbadgeslib.

    pip install -r requirements.txt && python verify.py DIR

Every credential must hold, with its key and its status list; every changed copy must not. Nothing
is fetched: the library brings the contexts, addresses and DIDs are looked up in DIR/index.json.
"""

import copy
import json
import pathlib
import sys
import urllib.parse

from openbadgeslib.ob3 import (
    OB3LdpVerifier,
    OB3VerificationError,
    resolve_verification_method,
    verify_data_integrity_proof,
)


def another_achievement(badge):
    badge["credentialSubject"]["achievement"]["name"] += "!"


def another_learner(badge):
    identity = badge["credentialSubject"]["identifier"][0]
    last = "1" if identity["identityHash"].endswith("0") else "0"
    identity["identityHash"] = identity["identityHash"][:-1] + last


def a_longer_validity(badge):
    badge["validUntil"] = "2199-01-01T00:00:00Z"


def another_issuer(badge):
    badge["issuer"]["name"] = "Someone Else"


def a_term_of_nobody(badge):
    badge["credentialSubject"]["colour"] = "blue"


CHANGES = [another_achievement, another_learner, a_longer_validity, another_issuer, a_term_of_nobody]


class Folder:
    """The folder, in the place of the web."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.index = json.loads((self.path / "index.json").read_text("utf-8"))

    def download(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.path == "/.well-known/did.json":
            url = "did:web:" + urllib.parse.quote(parts.netloc, safe="")
        if url not in self.index:
            raise OSError(f"{url} is not in index.json")
        return (self.path / self.index[url]).read_bytes()

    def verify(self, badge):
        """Raises when the badge does not hold."""
        # The library verifies only status lists in JWT form by itself; the proof of these lists
        # is embedded, and checked below with the library's own function.
        OB3LdpVerifier().verify(
            json.dumps(badge), check_status=True, verify_status_list=False, download=self.download
        )
        entries = badge["credentialStatus"]
        for entry in entries if isinstance(entries, list) else [entries]:
            self.verify_list(json.loads(self.download(entry["statusListCredential"])), badge["issuer"]["id"])

    def verify_list(self, status_list, issuer):
        method = status_list["proof"]["verificationMethod"]
        if status_list["issuer"] != issuer or method.partition("#")[0] != issuer:
            raise OB3VerificationError("the status list comes from another issuer")
        verify_data_integrity_proof(status_list, resolve_verification_method(method, download=self.download))


def main(path):
    folder = Folder(path)
    passed, failures = 0, []
    for file in sorted((folder.path / "credentials").glob("*.json")):
        badge = json.loads(file.read_text("utf-8"))
        try:
            folder.verify(badge)
            passed += 1
        except (OB3VerificationError, OSError) as error:
            failures.append(f"{file.name}: {error}")
        for change in CHANGES:
            changed = copy.deepcopy(badge)
            change(changed)
            try:
                folder.verify(changed)
                failures.append(f"{file.name}: {change.__name__.replace('_', ' ')} was not noticed")
            except OB3VerificationError:
                passed += 1
    if not passed:
        failures.append("there are no credentials")
    for failure in failures:
        print(f"FAILED  {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python verify.py DIR")
    sys.exit(main(sys.argv[1]))
