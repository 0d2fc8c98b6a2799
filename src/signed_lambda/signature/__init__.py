"""Offline verification of the signature that AWS Signer puts into a zip.

`verify` is the guard: it takes hostile bytes and gives a `Signature`, or raises `SignatureError`.
The list of its checks stands in `verification`. What brings cryptography along (a tenth of a
second) is imported when it is first asked for: name it where it is used, not at a module's top.

May be imported by the chain, the commands and tests. Must never be given roots by the zip, the
bucket or the pull request that is being judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.signature.armour import MAX_SF_BYTES
from signed_lambda.signature.content import (
    DIGEST_FORMULA,
    SIGNATURE_NAME,
    ContentDigest,
    DigestFormula,
)
from signed_lambda.signature.evidence import Envelope, Expected, Signature

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    """What brings cryptography along. Source: PEP 562."""
    if name == "TrustRoots":
        from signed_lambda.signature.roots import TrustRoots  # noqa: PLC0415 - lazy: see above

        return TrustRoots
    if name in {"verify", "verify_envelope"}:
        from signed_lambda.signature import verification  # noqa: PLC0415 - lazy: see above

        return getattr(verification, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
