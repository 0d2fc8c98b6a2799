"""Offline verification of the signature that AWS Signer puts into a zip.

`verify` is the guard: it takes hostile bytes and gives a `Signature`, or raises `SignatureError`.
The list of its checks stands in `verification`. Import this package only where it is used: it
brings cryptography along (about 0.2 s of start-up).

May be imported by the chain, the commands and tests. Must never be given roots by the zip, the
bucket or the pull request that is being judged.
"""

from __future__ import annotations

from signed_lambda.signature.armour import MAX_SF_BYTES
from signed_lambda.signature.content import (
    DIGEST_FORMULA,
    SIGNATURE_NAME,
    ContentDigest,
    DigestFormula,
)
from signed_lambda.signature.evidence import Envelope, Expected, Signature
from signed_lambda.signature.roots import TrustRoots
from signed_lambda.signature.verification import verify, verify_envelope

__all__ = [
    "DIGEST_FORMULA",
    "MAX_SF_BYTES",
    "SIGNATURE_NAME",
    "ContentDigest",
    "DigestFormula",
    "Envelope",
    "Expected",
    "Signature",
    "TrustRoots",
    "verify",
    "verify_envelope",
]
