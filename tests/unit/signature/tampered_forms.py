"""Signatures of another form than AWS Signer's: armour, structure, signer, algorithms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes

from tests.unit.signature import forge
from tests.unit.signature.forge import LEAF, attributes, pem, seq, tlv
from tests.unit.signature.variants import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable


def _inner_der() -> bytes:
    """SignedData of the good signature, without the layers around it."""
    layers = GOOD.but(wrap=tlv, content=seq(forge.oid(forge.DATA))).cms()
    body = layers[4 + 11 + 4 :]
    assert body[0] == 0x30
    return body


def _parts(data: bytes) -> list[bytes]:
    """The elements inside a DER element with a length of two bytes."""
    inside, found = data[4:], []
    while inside:
        size = inside[1] + 2
        if inside[1] > 0x80:
            count = inside[1] & 0x7F
            size = int.from_bytes(inside[2 : 2 + count]) + 2 + count
        found.append(inside[:size])
        inside = inside[size:]
    return found


def _signed_data_of(*parts: bytes) -> bytes:
    return seq(forge.oid(forge.SIGNED_DATA), tlv(0xA0, seq(*parts)))


def _without_certificates() -> bytes:
    return _signed_data_of(*(part for part in _parts(_inner_der()) if part[0] != 0xA0))


def _with_signer(signer: bytes) -> bytes:
    *before, _ = _parts(_inner_der())
    return _signed_data_of(*before, tlv(0x31, signer))


def _without_signed_attributes() -> bytes:
    *before, signers = _parts(_inner_der())
    (signer,) = _parts(signers)
    return _signed_data_of(
        *before, tlv(0x31, seq(*(part for part in _parts(signer) if part[0] != 0xA0)))
    )


TAMPERED: dict[str, tuple[str, Callable[[], bytes]]] = {
    # -- 21: the armour
    "empty file": ("21", lambda: b""),
    "64 KiB and one byte": ("21", lambda: GOOD.sf().ljust(65537, b"\n")),
    "cut in the middle": ("21", lambda: GOOD.sf()[:2000]),
    "cut by its last line feed": ("21", lambda: GOOD.sf()[:-1]),
    "two PEM blocks": ("21", lambda: GOOD.sf() * 2),
    "text before the block": ("21", lambda: b"\n" + GOOD.sf()),
    "text after the block": ("21", lambda: GOOD.sf() + b"x"),
    "CMS label": ("21", lambda: pem(GOOD.cms(), label="CMS")),
    "CRLF": ("21", lambda: pem(GOOD.cms(), end="\r\n")),
    "longer lines": ("21", lambda: pem(GOOD.cms(), width=76)),
    "shorter lines": ("21", lambda: pem(GOOD.cms(), width=32)),
    "DER without armour": ("21", GOOD.cms),
    "empty block": ("21", lambda: b"-----BEGIN PKCS7-----\n-----END PKCS7-----\n"),
    "base64 without its padding": ("21", lambda: pem(b"\0" * 49).replace(b"=", b"")),
    "base64 with loose last bits": ("21", lambda: pem(b"\0").replace(b"AA==", b"AB==")),
    # -- 22: the structure
    "trailing bytes inside the armour": ("22", lambda: pem(GOOD.cms() + b"\0")),
    "cut inside the armour": ("22", lambda: pem(GOOD.cms()[:-2])),
    "a lone byte": ("22", lambda: pem(b"\x30")),
    "another outer tag": ("22", lambda: pem(b"\x31" + GOOD.cms()[1:])),
    "indefinite lengths without end": ("22", lambda: pem(b"\x30\x80" * 8000)),
    "too many elements": ("22", lambda: pem(tlv(0x30, b"\x05\x00" * 65))),
    "EnvelopedData": ("22", lambda: GOOD.but(content_type="1.2.840.113549.1.7.3").sf()),
    "CRLs": ("22", lambda: GOOD.but(revocation=tlv(0xA1, seq())).sf()),
    "bytes behind SignedData in its tag": (
        "22",
        lambda: pem(
            seq(forge.oid(forge.SIGNED_DATA), tlv(0xA0, _inner_der(), b"\x05\x00")),
        ),
    ),
    "no certificates field": ("22", lambda: pem(_without_certificates())),
    "no signed attributes": ("22", lambda: pem(_without_signed_attributes())),
    "signer that is empty": ("22", lambda: pem(_with_signer(seq()))),
    "signer that is only a version": ("22", lambda: pem(_with_signer(seq(forge.integer(1))))),
    "signer that is a SET": (
        "22",
        lambda: pem(_with_signer(b"\x31" + GOOD.signer_info()[1:])),
    ),
    "signer without its last field": (
        "22",
        lambda: pem(_with_signer(seq(*_parts(GOOD.signer_info())[:-1]))),
    ),
    # -- 23: version and content
    "version 3": ("23", lambda: GOOD.but(version=3).sf()),
    "version 257": ("23", lambda: GOOD.but(version=257).sf()),
    "content attached": (
        "23",
        lambda: GOOD.but(content=seq(forge.oid(forge.DATA), tlv(0xA0, tlv(4, b"x")))).sf(),
    ),
    "content of another type": (
        "23",
        lambda: GOOD.but(content=seq(forge.oid("1.2.840.113549.1.9.16.1.4"))).sf(),
    ),
    "no content type": ("23", lambda: GOOD.but(content=seq()).sf()),
    # -- 24: the signer
    "no signer": ("24", lambda: GOOD.but(signers=0).sf()),
    "two signers": ("24", lambda: GOOD.but(signers=2).sf()),
    "signer of version 3": ("24", lambda: GOOD.but(signer_version=3).sf()),
    "signer named by key identifier": (
        "24",
        lambda: GOOD.but(signer_name=tlv(0x80, b"k" * 20)).sf(),
    ),
    # -- 25: unsigned attributes
    "unsigned attributes": (
        "25",
        lambda: GOOD.but(unsigned=tlv(0xA1, *attributes())).sf(),
    ),
    "empty unsigned attributes": ("25", lambda: GOOD.but(unsigned=tlv(0xA1)).sf()),
    # -- 26: algorithms
    "SHA-256 in the list of digests": ("26", lambda: GOOD.but(digests=(forge.SHA256,)).sf()),
    "SHA-256 as the signer's digest": ("26", lambda: GOOD.but(signer_digest=forge.SHA256).sf()),
    "ECDSA with SHA-256": (
        "26",
        lambda: GOOD.but(signer_algorithm=forge.ECDSA_SHA256, signing_hash=hashes.SHA256()).sf(),
    ),
    "RSA": (
        "26",
        lambda: GOOD.but(
            leaf=forge.replace(LEAF, key=forge.RSA_KEY), signer_algorithm=forge.RSA_SHA384
        ).sf(),
    ),
    "ECDSA with parameters": (
        "26",
        lambda: GOOD.but(signer_algorithm=seq(forge.ECDSA_SHA384[2:], b"\x05\x00")).sf(),
    ),
}
"""By name: the number of the check that must refuse it, and how to make it."""
