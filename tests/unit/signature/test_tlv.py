"""A level of BER holds exactly the expected elements, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signed_lambda.errors import SignatureError
from signed_lambda.signature import tlv
from tests.unit.signature import forge

NULL = b"\x05\x00"


def test_level_of_64_elements_is_read_and_of_65_refused() -> None:
    assert len(tlv.elements(NULL * 64, "list")) == 64
    with pytest.raises(SignatureError, match="the list has more than 64 elements"):
        tlv.elements(NULL * 65, "list")


def test_elements_keep_every_byte() -> None:
    data = forge.seq(NULL) + forge.indefinite(0x30, NULL) + forge.tlv(4, bytes(300))

    found = tlv.elements(data, "list")

    assert b"".join(element.raw for element in found) == data
    assert [element.identifier for element in found] == [0x30, 0x30, 0x04]
    assert [element.contents for element in found] == [NULL, NULL, bytes(300)]


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"", "holds the tags nothing, not 02 05"),
        (b"\x02\x01\x01", "holds the tags 02, not 02 05"),
        (NULL + b"\x02\x01\x01", "holds the tags 05 02, not 02 05"),
        (b"\x02\x01\x01" + NULL * 2, "holds the tags 02 05 05, not 02 05"),
        (b"\x02\x01\x01\x85\x00", "holds the tags 02 85, not 02 05"),
        (b"\x02\x01\x01\x25\x00", "holds the tags 02 25, not 02 05"),
    ],
)
def test_other_fields_are_told(contents: bytes, told: str) -> None:
    element = tlv.read(forge.seq(contents), tlv.SEQUENCE, "thing")

    with pytest.raises(SignatureError, match=f"E-SIGNATURE-22 the thing {told}"):
        tlv.fields(element, "thing", tlv.INTEGER, 0x05)


def test_expected_fields_are_given_in_order() -> None:
    element = tlv.read(forge.seq(b"\x02\x01\x07", NULL), tlv.SEQUENCE, "thing")

    number, null = tlv.fields(element, "thing", tlv.INTEGER, 0x05)

    assert (number.contents, null.contents) == (b"\x07", b"")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "cannot be read"),
        (b"\x30", "cannot be read"),
        (b"\x30\x02\x05", "cannot be read"),
        (b"\x30\x80\x05\x00", "cannot be read"),
        (b"\x04\x80\x00\x00", "cannot be read"),
        (b"\x30\x00\x00", "1 bytes follow the thing"),
        (b"\x31\x00", "the thing has the tag 0x31, not 0x30"),
    ],
)
def test_single_element_fills_its_bytes(data: bytes, told: str) -> None:
    with pytest.raises(SignatureError, match=told):
        tlv.read(data, tlv.SEQUENCE, "thing")


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=8))
@settings(derandomize=True, deadline=None, database=None)
def test_set_of_is_sorted_whatever_the_order(values: list[bytes]) -> None:
    elements = tuple(forge.tlv(4, value) for value in values)

    assert tlv.set_of(elements) == forge.set_of(*elements)
    assert tlv.set_of(elements[::-1]) == tlv.set_of(elements)
