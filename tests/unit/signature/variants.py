"""Variations of the good signature, and `prove`: the verification with everything as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signed_lambda.signature import DigestFormula, Expected, Signature, TrustRoots, verify
from tests.unit.signature import forge
from tests.unit.signature.forge import (
    LEAF,
    LOWER,
    ROOT,
    UPPER,
    Issue,
    Recipe,
    attributes,
    der,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from asn1crypto.x509 import TbsCertificate

ROOTS = TrustRoots.from_pem(forge.ROOT_CERTIFICATE.public_bytes(Encoding.PEM))
GOOD = Recipe()


def prove(sf: bytes, **changes: object) -> Signature:
    """`verify` with what the good signature needs; `changes` replace arguments."""
    arguments: dict[str, Any] = {
        "expected": Expected(job_arn=forge.JOB, profile_version_arn=forge.PROFILE),
        "digest": forge.DIGEST,
        "digest_formula": DigestFormula.CONFIRMED,
        "roots": ROOTS,
        "now": forge.NOW,
    }
    return verify(sf, **(arguments | changes))


def carrying(*certificates: bytes, leaf: bytes | None = None) -> Recipe:
    """The good signature with other certificates: a leaf, then these."""
    return GOOD.but(carried=(leaf or der(LEAF.make()), *certificates))


def with_leaf(**changes: object) -> Recipe:
    return GOOD.but(leaf=forge.replace(LEAF, **changes))


def with_lower(**changes: object) -> Recipe:
    return GOOD.but(authorities=(forge.replace(LOWER, **changes), UPPER, ROOT))


def with_upper(**changes: object) -> Recipe:
    return GOOD.but(authorities=(LOWER, forge.replace(UPPER, **changes), ROOT))


def with_attributes(**changes: bytes | None) -> Recipe:
    return GOOD.but(attributes=attributes(**changes))


def changed_after_signing(**changes: bytes | None) -> Recipe:
    return GOOD.but(sent_attributes=attributes(**changes))


def resigned_leaf(edit: Callable[[TbsCertificate], None]) -> Recipe:
    above = tuple(der(issue.make()) for issue in (LOWER, UPPER, ROOT))
    return carrying(*above, leaf=forge.resigned(LEAF, edit))


def with_serial(value: int) -> Callable[[TbsCertificate], None]:
    def edit(tbs: TbsCertificate) -> None:
        tbs["serial_number"] = value

    return edit


def unknown_extension() -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.187.137.99"), b"\x05\x00")


LONG_CHAIN = tuple(
    Issue(
        name=f"Step {i}",
        key=key(100 + i),
        issuer="Root" if i == 4 else f"Step {i + 1}",
        issuer_key=key(1) if i == 4 else key(101 + i),
        serial=0x2000 + i,
    )
    for i in range(5)
)
LOOKALIKE_ROOT = forge.replace(ROOT, key=key(11), issuer_key=key(11))
LOOKALIKE_UPPER = forge.replace(UPPER, issuer_key=key(11))
