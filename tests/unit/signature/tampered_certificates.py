"""Signatures with certificates that must not be trusted: the signer's, and those above it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from tests.unit.signature import forge
from tests.unit.signature.forge import LEAF, LOWER, ROOT, UPPER, Recipe, der, key, seq, tlv
from tests.unit.signature.variants import (
    GOOD,
    LONG_CHAIN,
    LOOKALIKE_ROOT,
    LOOKALIKE_UPPER,
    carrying,
    resigned_leaf,
    unknown_extension,
    with_leaf,
    with_lower,
    with_serial,
    with_upper,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from asn1crypto.x509 import TbsCertificate

MALLORY = key(666)
SECOND = dt.timedelta(seconds=1)


def _version_1(tbs: TbsCertificate) -> None:
    tbs["version"] = "v1"
    del tbs["extensions"]


def _version_2(tbs: TbsCertificate) -> None:
    tbs["version"] = "v2"


def _double_extension(tbs: TbsCertificate) -> None:
    tbs["extensions"].append(tbs["extensions"][0].copy())


def _unique_identifier(tbs: TbsCertificate) -> None:
    tbs["issuer_unique_id"] = b"\xaa"


def _with_unused_bit() -> bytes:
    """A leaf whose signature ends in a zero bit that is declared unused; it still verifies."""
    serial = LEAF.serial
    while (made := forge.replace(LEAF, serial=serial).make()).signature[-1] & 1:
        serial += 1
    size = len(made.signature)
    return der(made)[: -size - 1] + b"\1" + made.signature


def _off_curve() -> bytes:
    """A root whose key's last byte is another: not on the curve."""
    certificate = der(forge.ROOT_CERTIFICATE)
    point = ROOT.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return certificate.replace(point, point[:-1] + bytes([point[-1] ^ 1]))


def _broken_usage() -> Recipe:
    junk = x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\x03\x05junk")
    return with_leaf(usage=None, extra=((junk, True),))


def _grown(certificate: bytes) -> bytes:
    """The certificate with one element more at the end of its outer SEQUENCE."""
    return seq(certificate[4:], b"\x05\x00")


_STEP_LEAF = forge.replace(LEAF, issuer="Step 0", issuer_key=key(100))
_LOOP_A = forge.replace(LOWER, issuer="Loop", issuer_key=key(30))
_LOOP_B = forge.Issue(name="Loop", key=key(30), issuer="Lower", issuer_key=LOWER.key, serial=0x31)

TAMPERED: dict[str, tuple[str, Callable[[], bytes]]] = {
    # -- 27: the certificates
    "no certificates": ("27", lambda: GOOD.but(carried=()).sf()),
    "eleven certificates": (
        "27",
        lambda: carrying(*[der(forge.ROOT_CERTIFICATE)] * 10).sf(),
    ),
    "a certificate that is none": ("27", lambda: carrying(seq(b"\x05\x00")).sf()),
    "an attribute certificate": ("27", lambda: carrying(tlv(0xA1, b"\x05\x00")).sf()),
    "a certificate with a byte more": (
        "27",
        lambda: carrying(_grown(der(forge.ROOT_CERTIFICATE))).sf(),
    ),
    "leaf of version 1": ("27", lambda: resigned_leaf(_version_1).sf()),
    "leaf of version 2 with extensions": ("27", lambda: resigned_leaf(_version_2).sf()),
    "leaf with serial number 0": ("27", lambda: resigned_leaf(with_serial(0)).sf()),
    "leaf with a negative serial number": ("27", lambda: resigned_leaf(with_serial(-4)).sf()),
    "leaf with an extension twice": ("27", lambda: resigned_leaf(_double_extension).sf()),
    "leaf with an unreadable extension": ("27", lambda: _broken_usage().sf()),
    "leaf with a serial number of 21 bytes": (
        "27",
        lambda: resigned_leaf(with_serial(1 << 160)).sf(),
    ),
    "leaf with a unique identifier of its issuer": (
        "27",
        lambda: resigned_leaf(_unique_identifier).sf(),
    ),
    "leaf whose signature has an unused bit": (
        "27",
        lambda: carrying(
            *(der(issue.make()) for issue in (LOWER, UPPER, ROOT)), leaf=_with_unused_bit()
        ).sf(),
    ),
    "key that is no point of P-384": ("27", lambda: carrying(_off_curve()).sf()),
    # -- 28: the signer's certificate
    "signer's certificate missing": (
        "28",
        lambda: GOOD.but(carried=tuple(der(i.make()) for i in (LOWER, UPPER, ROOT))).sf(),
    ),
    "signer of another serial number": (
        "28",
        lambda: GOOD.but(signer_name=forge.issuer_and_serial("Lower", 0x1005)).sf(),
    ),
    "signer of another issuer": (
        "28",
        lambda: GOOD.but(signer_name=forge.issuer_and_serial("Upper", LEAF.serial)).sf(),
    ),
    "two certificates of the signer's name": (
        "28",
        lambda: carrying(der(forge.replace(LEAF, key=MALLORY).make())).sf(),
    ),
    # -- 29: what the signer's certificate is for
    "leaf with an RSA key": (
        "29",
        lambda: GOOD.but(leaf=forge.replace(LEAF, key=forge.RSA_KEY)).sf(),
    ),
    "leaf with a P-256 key": ("29", lambda: with_leaf(key=key(4, ec.SECP256R1())).sf()),
    "leaf with a P-521 key": ("29", lambda: with_leaf(key=key(4, ec.SECP521R1())).sf()),
    "leaf that is an authority": (
        "29",
        lambda: with_leaf(constraints=x509.BasicConstraints(ca=True, path_length=None)).sf(),
    ),
    "leaf that may not sign": ("29", lambda: with_leaf(usage=forge.usage(certify=True)).sf()),
    "leaf for servers": (
        "29",
        lambda: with_leaf(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)).sf(),
    ),
    "leaf for any purpose": (
        "29",
        lambda: with_leaf(purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)).sf(),
    ),
    "leaf without a purpose": ("29", lambda: with_leaf(purposes=()).sf()),
    # -- 33: the way to the root
    "leaf that signed itself": (
        "33",
        lambda: with_leaf(issuer="signer", issuer_key=LEAF.key).sf(),
    ),
    "leaf signed by another authority of that name": (
        "33",
        lambda: with_leaf(issuer_key=MALLORY).sf(),
    ),
    "authority missing": (
        "33",
        lambda: GOOD.but(carried=tuple(der(i.make()) for i in (LEAF, LOWER, ROOT))).sf(),
    ),
    "look-alike root of the same subject": (
        "33",
        lambda: GOOD.but(authorities=(LOWER, LOOKALIKE_UPPER, LOOKALIKE_ROOT)).sf(),
    ),
    "look-alike root beside the real one": (
        "33",
        lambda: carrying(
            *(der(i.make()) for i in (LOWER, LOOKALIKE_UPPER, LOOKALIKE_ROOT, ROOT))
        ).sf(),
    ),
    "authorities in a loop": (
        "33",
        lambda: carrying(*(der(i.make()) for i in (_LOOP_A, _LOOP_B))).sf(),
    ),
    "two authorities of one name and key": (
        "33",
        lambda: carrying(
            *(der(i.make()) for i in (LOWER, forge.replace(LOWER, serial=0x1033), UPPER))
        ).sf(),
    ),
    "seven certificates in a row": (
        "33",
        lambda: Recipe(leaf=_STEP_LEAF, authorities=(*LONG_CHAIN, ROOT)).sf(),
    ),
    "authority with an RSA key": (
        "33",
        lambda: GOOD.but(
            leaf=forge.replace(LEAF, issuer_key=forge.RSA_KEY),
            authorities=(forge.replace(LOWER, key=forge.RSA_KEY), UPPER, ROOT),
        ).sf(),
    ),
    "authority with a P-256 key": (
        "33",
        lambda: GOOD.but(
            leaf=forge.replace(LEAF, issuer_key=key(3, ec.SECP256R1())),
            authorities=(forge.replace(LOWER, key=key(3, ec.SECP256R1())), UPPER, ROOT),
        ).sf(),
    ),
    "leaf issued with SHA-256": ("33", lambda: with_leaf(hash=hashes.SHA256()).sf()),
    # -- 34: who may issue
    "issuer that is no authority": (
        "34",
        lambda: with_lower(constraints=x509.BasicConstraints(ca=False, path_length=None)).sf(),
    ),
    "issuer without basic constraints": ("34", lambda: with_lower(constraints=None).sf()),
    "upper issuer that is no authority": (
        "34",
        lambda: with_upper(constraints=x509.BasicConstraints(ca=False, path_length=None)).sf(),
    ),
    "issuer that may not sign certificates": (
        "34",
        lambda: with_lower(usage=forge.usage(sign=True)).sf(),
    ),
    "path longer than allowed": (
        "34",
        lambda: with_upper(constraints=x509.BasicConstraints(ca=True, path_length=0)).sf(),
    ),
    # -- 35: critical extensions
    "critical extension in the leaf": (
        "35",
        lambda: with_leaf(extra=((unknown_extension(), True),)).sf(),
    ),
    "critical extension in an authority": (
        "35",
        lambda: with_upper(extra=((unknown_extension(), True),)).sf(),
    ),
    "critical name constraints": (
        "35",
        lambda: with_lower(
            extra=(
                (
                    x509.NameConstraints([x509.DNSName("aws.example")], None),
                    True,
                ),
            )
        ).sf(),
    ),
    # -- 36: validity at the signing time
    "leaf expired before signing": ("36", lambda: with_leaf(end=forge.SIGNED_AT - SECOND).sf()),
    "leaf not yet valid at signing": (
        "36",
        lambda: with_leaf(start=forge.SIGNED_AT + SECOND).sf(),
    ),
    "authority expired before signing": (
        "36",
        lambda: with_lower(end=forge.SIGNED_AT - SECOND).sf(),
    ),
    "upper authority not yet valid at signing": (
        "36",
        lambda: with_upper(start=forge.SIGNED_AT + SECOND).sf(),
    ),
    "expired chain, signed now": (
        "36",
        lambda: GOOD.but(
            leaf=forge.replace(
                LEAF,
                start=forge.SIGNED_AT - 10 * 86400 * SECOND,
                end=forge.SIGNED_AT - 7 * 86400 * SECOND,
            )
        ).sf(),
    ),
}
"""By name: the number of the check that must refuse it, and how to make it."""
