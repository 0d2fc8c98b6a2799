"""No bytes make the verification do anything but refuse, or say what it says of the real file."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signed_lambda.errors import SignatureError
from signed_lambda.signature import TrustRoots, verify_envelope
from tests.unit.signature.forge import pem, tlv
from tests.unit.signature.test_real_signature import NOW, SF
from tests.unit.signature.variants import GOOD, prove

if TYPE_CHECKING:
    from collections.abc import Callable

BER = binascii.a2b_base64(b"".join(SF.splitlines()[1:-1]))
REAL = verify_envelope(SF, roots=TrustRoots.AWS, now=NOW)
DETERMINISTIC = settings(derandomize=True, deadline=None, max_examples=300, database=None)


def _claims(sf: bytes) -> object:
    """What is said of the file, or None where it is refused."""
    try:
        return verify_envelope(sf, roots=TrustRoots.AWS, now=NOW)
    except SignatureError as error:
        refusal = str(error)
    assert refusal.isprintable()
    return None


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """One to four edits: a flipped bit, a replaced, inserted or removed run, a swapped part."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["flip", "replace", "insert", "remove", "copy"]))
        if kind == "flip":
            edit = bytes([data[at] ^ (1 << draw(st.integers(0, 7)))])
            data = data[:at] + edit + data[at + 1 :]
        elif kind == "replace":
            data = data[:at] + draw(st.binary(min_size=size, max_size=size)) + data[at + size :]
        elif kind == "insert":
            data = data[:at] + draw(st.binary(min_size=1, max_size=40)) + data[at:]
        elif kind == "remove":
            data = data[:at] + data[at + size :] or b"\0"
        else:
            start = draw(st.integers(0, len(data) - 1))
            data = data[:at] + data[start : start + size] + data[at:]
    return data


@given(mutations(SF))
@DETERMINISTIC
def test_changed_file_is_refused_or_says_the_same(sf: bytes) -> None:
    assert _claims(sf) in (None, REAL)


@given(mutations(BER))
@example(BER)
@DETERMINISTIC
def test_changed_structure_is_refused_or_says_the_same(ber: bytes) -> None:
    assert _claims(pem(ber)) in (None, REAL)


@given(st.binary(max_size=300))
@DETERMINISTIC
def test_arbitrary_bytes_in_the_armour_are_refused(data: bytes) -> None:
    assert _claims(pem(data)) is None


@given(st.integers(0, len(BER)))
@DETERMINISTIC
def test_every_cut_is_refused(size: int) -> None:
    assert _claims(pem(BER[:size])) in ((REAL,) if size == len(BER) else (None,))


NASTY: dict[str, Callable[[], bytes]] = {
    "deepest nesting of indefinite lengths": lambda: b"\x30\x80" * 24_000,
    "deepest nesting of definite lengths": lambda: _nested(12_000),
    "widest level": lambda: tlv(0x30, b"\x05\x00" * 24_000),
    "longest tag number": lambda: b"\x3f" + b"\x81" * 40_000 + b"\x01\x00",
    "length of 126 bytes": lambda: b"\x30\xfe" + b"\xff" * 126,
    "reserved length": lambda: b"\x30\xff" + b"\xff" * 127,
    "only ends of contents": lambda: b"\0" * 40_000,
    "certificates that are huge": lambda: GOOD.but(carried=(tlv(0x30, bytes(40_000)),)).cms(),
}


def _nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = tlv(0x30, data)
        if len(data) > 48_000:
            break
    return data


@pytest.mark.parametrize("name", NASTY)
def test_bytes_made_to_exhaust_a_parser_are_refused(name: str) -> None:
    with pytest.raises(SignatureError):
        prove(pem(NASTY[name]()))


def _flipped(position: int, bit: int) -> bytes:
    return BER[:position] + bytes([BER[position] ^ (1 << bit)]) + BER[position + 1 :]


def _is_of_a_carried_root(position: int) -> bool:
    """Whether that byte belongs to the copies of the root, which nobody trusts or needs."""
    (root,) = TrustRoots.AWS.certificates
    copy = root.parsed.public_bytes(Encoding.DER)
    start = BER.index(copy * 2)
    return start <= position < start + 2 * len(copy)


@pytest.mark.parametrize("offset", range(8))
def test_flipped_bit_is_refused_unless_it_is_of_a_carried_root(offset: int) -> None:
    for position in range(offset, len(BER), 61):
        claims = _claims(pem(_flipped(position, offset)))

        assert claims is None or (claims == REAL and _is_of_a_carried_root(position)), position


@pytest.mark.sweep
def test_every_flipped_bit_is_refused_unless_it_is_of_a_carried_root() -> None:
    """All bits of the structure, one at a time: two minutes on an idle core."""
    for position in range(len(BER)):
        for bit in range(8):
            claims = _claims(pem(_flipped(position, bit)))

            assert claims is None or (claims == REAL and _is_of_a_carried_root(position)), position
