"""Signer's CMS: refused, or it says what the real file says; and each part of it by itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fuzz.shared import assert_printable
from signed_lambda.errors import SignatureError
from signed_lambda.signature import TrustRoots, verify_envelope
from signed_lambda.signature.attributes import read_claims
from signed_lambda.signature.chain import read_certificates
from signed_lambda.signature.envelope import read_signed_data
from tests.unit.signature.forge import NOW as FORGED_AT
from tests.unit.signature.forge import pem
from tests.unit.signature.test_fuzz import BER, NASTY, REAL
from tests.unit.signature.test_real_signature import NOW, SF
from tests.unit.signature.variants import GOOD, ROOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 8_192
WORDS: Final = (
    b"\x30\x80",
    b"\0\0",
    b"\x30\x84",
    b"\xa0\x80",
    b"\x06\x09",
    b"\x31\x00",
    b"\x18\x0f",
)
OURS: Final = verify_envelope(pem(GOOD.cms()), roots=ROOTS, now=FORGED_AT)


def seeds() -> Iterator[bytes]:
    """The real one, one that the tests' own authority signed, and what exhausts parsers."""
    yield from (SF, BER, GOOD.cms())
    yield from (made()[:MAX_BYTES] for made in NASTY.values())


def check(data: bytes) -> None:
    """Bytes of the file, or of the structure in it."""
    sf = data if data.startswith(b"-----") else pem(data)
    for roots, now, only in ((TrustRoots.AWS, NOW, REAL), (ROOTS, FORGED_AT, OURS)):
        try:
            said = verify_envelope(sf, roots=roots, now=now)
        except SignatureError as error:
            assert_printable(error)
        else:
            assert said == only
    try:
        signed = read_signed_data(data)
    except SignatureError:
        return
    for part in (
        lambda: read_certificates(signed.certificates),
        lambda: read_claims(signed.signed_attributes),
    ):
        with suppress(SignatureError):
            part()
