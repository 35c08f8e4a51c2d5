"""Gives every form of a badge (`tests/it/forms.rs`) to openbadgeslib.

    pip install -r requirements.txt && python forms.py DIR

What it says stands in DIR/python.json, for `table.mjs`; the credentials that it takes out of the
images in DIR/png.json and DIR/svg.json, for `forms.mjs`.
"""

import copy
import json
import sys

from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3 import OB3Verifier, resolve_verification_method, verify_data_integrity_proof
from openbadgeslib.ob3.clr import bundled_clr_contexts

from verify import Folder, another_achievement

VERIFIER = "openbadgeslib"
FAILURES = (LibOpenBadgesException, OSError)


class Forms(Folder):
    def __init__(self, path):
        super().__init__(path)
        self.results = {}
        self.passed = 0
        self.failures = []

    def note(self, form, wanted, why):
        self.results[form] = {VERIFIER: "fails" if why else wanted}
        if why:
            self.failures.append(f"{form}: {why}")
        else:
            self.passed += 1

    def against(self, check, document):
        """What there is against a document, or None."""
        try:
            check(document)
        except FAILURES as error:
            return str(error) or type(error).__name__
        return None

    def holds(self, form, check, document, changed):
        """Nothing is against it, and something against a changed copy."""
        why = self.against(check, document)
        if not why and not self.against(check, changed):
            why = "a changed copy was not noticed"
        self.note(form, "holds", why)

    def refused(self, form, check, document):
        why = self.against(check, document)
        status = why and ("revo" in why.lower() or "status" in why.lower())
        self.note(form, "refused", None if status else why or "it was accepted")

    def json(self, name):
        return json.loads((self.path / name).read_text("utf-8"))

    def verify_record(self, record):
        method = record["proof"]["verificationMethod"]
        if method.partition("#")[0] != record["issuer"]["id"]:
            raise LibOpenBadgesException("the key is not the issuer's")
        key = resolve_verification_method(method, download=self.download)
        verify_data_integrity_proof(record, key, extra_contexts=bundled_clr_contexts())
        for badge in record["credentialSubject"]["verifiableCredential"]:
            self.verify(badge)

    def verify_jwt(self, token):
        did = self.json("badge.json")["issuer"]["id"]
        verifier = OB3Verifier.for_issuer_did(did, download=self.download)
        verifier.verify(token, check_status=True, verify_status_list=False, download=self.download)


def main(path):
    forms = Forms(path)
    badge = forms.json("badge.json")
    changed = copy.deepcopy(badge)
    another_achievement(changed)
    forms.holds("document", forms.verify, badge, changed)
    for form, take in (("png", OB3Verifier.extract_token_from_png), ("svg", OB3Verifier.extract_token_from_svg)):
        text = take((forms.path / f"badge.{form}").read_bytes())
        (forms.path / f"{form}.json").write_text(text, "utf-8")
        forms.holds(form, forms.verify, json.loads(text), changed)
    record = forms.json("clr.json")
    other = copy.deepcopy(record)
    another_achievement(other["credentialSubject"]["verifiableCredential"][1])
    forms.holds("record", forms.verify_record, record, other)
    token = (forms.path / "badge.jwt").read_text("ascii")
    head, payload, signature = token.split(".")
    forms.holds("jwt", forms.verify_jwt, token, ".".join((head, payload[:-4] + "AAAA", signature)))
    for form in ("revoked", "suspended"):
        forms.refused(form, forms.verify, forms.json(f"{form}.json"))
    (forms.path / "python.json").write_text(json.dumps(forms.results), "utf-8")
    for failure in forms.failures:
        print(f"FAILED  {failure}")
    print(f"{forms.passed} passed, {len(forms.failures)} failed")
    return 1 if forms.failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python forms.py DIR")
    sys.exit(main(sys.argv[1]))
