"""Reads BER elements one level at a time, and refuses everything that is not exactly expected.

asn1crypto decodes the tag, the length (indefinite ones too) and where an element ends. Its typed
classes are not used: they ignore bytes behind an explicitly tagged value and read many types
leniently; here a level either holds exactly the expected elements or is refused. (Not importing
them also saves about 35 ms of start-up.)

May import asn1crypto.parser, errors and advice. Must never skip a byte of what it reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asn1crypto import parser

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import dataclass
from signed_lambda.signature.advice import DO_NOT_DEPLOY

if TYPE_CHECKING:
    from signed_lambda.errors import DeployError

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1
CONTEXT_3: Final = 0xA3

MAX_CHILDREN: Final = 64
"""Elements read of one level; the real signature has at most 7. Bounds the work."""


@dataclass(frozen=True, slots=True)
class Element:
    """One BER element.

    Attributes:
        identifier: First byte: class, primitive or constructed, and tag (tags from 31 on, which
            no expected element has, all end in 0x1f).
        contents: The bytes of the value, without an end-of-contents mark.
        raw: The whole element as it stands in the file.
    """

    identifier: int
    contents: bytes
    raw: bytes


def malformed(what: str) -> DeployError:
    """The refusal of bytes that are not of Signer's form (check 22), to be raised."""
    return SignatureError.of("E-SIGNATURE-22", what, DO_NOT_DEPLOY)


def read(data: bytes, identifier: int, what: str) -> Element:
    """The single element that fills `data`.

    Args:
        data: Bytes of unknown origin.
        identifier: First byte that the element must have.
        what: Name of the element, for the message.

    Raises:
        SignatureError: Not readable, of another type, or followed by more bytes (E-SIGNATURE-22).
    """
    element, rest = _next(data, what)
    if rest:
        raise malformed(f"{len(rest)} bytes follow the {what}")
    if element.identifier != identifier:
        raise malformed(f"the {what} has the tag {element.identifier:#04x}, not {identifier:#04x}")
    return element


def elements(data: bytes, what: str) -> tuple[Element, ...]:
    """All elements of one level, in order.

    Raises:
        SignatureError: Not readable to the last byte, or more than `MAX_CHILDREN`
            (E-SIGNATURE-22).
    """
    found: list[Element] = []
    while data:
        if len(found) == MAX_CHILDREN:
            raise malformed(f"the {what} has more than {MAX_CHILDREN} elements")
        element, data = _next(data, what)
        found.append(element)
    return tuple(found)


def fields(element: Element, what: str, *identifiers: int) -> tuple[Element, ...]:
    """The elements inside `element`, which must be exactly of the given types.

    Args:
        element: A constructed element.
        what: Its name, for the message.
        *identifiers: First byte of each element inside, in order.

    Raises:
        SignatureError: More, fewer or other elements (E-SIGNATURE-22).
    """
    found = elements(element.contents, what)
    tags = tuple(child.identifier for child in found)
    if tags != identifiers:
        raise malformed(f"the {what} holds the tags {_hex(tags)}, not {_hex(identifiers)}")
    return found


def set_of(raw_elements: tuple[bytes, ...]) -> bytes:
    """The DER encoding of SET OF over elements that are DER themselves.

    Source: RFC 5652 section 5.4 (what a signer signs), X.690 section 11.6 (the order).
    """
    return bytes(parser.emit(0, 1, 17, b"".join(sorted(raw_elements))))


def _next(data: bytes, what: str) -> tuple[Element, bytes]:
    try:
        _, _, _, header, contents, trailer = parser.parse(data)
    except ValueError as error:
        raise malformed(f"the {what} cannot be read: {error}") from error
    size = len(header) + len(contents) + len(trailer)
    return Element(header[0], contents, data[:size]), data[size:]


def _hex(identifiers: tuple[int, ...]) -> str:
    return " ".join(f"{identifier:02x}" for identifier in identifiers) or "nothing"
