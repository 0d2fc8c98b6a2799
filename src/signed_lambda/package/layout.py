"""The bytes of the zip format: records, flags, and which of them a package may use.

Shared by reader and writer. Pure: imports nothing of this package.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10), sections 4.3-4.5
"""

from __future__ import annotations

import stat
import struct
from typing import Final, NamedTuple, Self

from signed_lambda.lazy import dataclass

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
DESCRIPTOR_SIGNATURE: Final = b"PK\x07\x08"
ZIP64_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"

LOCAL: Final = struct.Struct("<4s5H3L2H")
"""signature, version, flags, method, time, date, CRC, compressed, size, name and extra length."""
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
"""signature, made by, version, flags, method, time, date, CRC, compressed, size, lengths of name,
extra and comment, disk, internal and external attributes, offset of the local header."""
END: Final = struct.Struct("<4s4H2LH")
"""signature, disk, disk of index, entries here, entries, bytes of index, its offset, comment."""
DESCRIPTOR: Final = struct.Struct("<3L")
"""CRC, compressed, size; a signature may stand before it."""

STORED: Final = 0
DEFLATED: Final = 8

FLAG_DESCRIPTOR: Final = 1 << 3
FLAG_UTF8: Final = 1 << 11
FLAGS_ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
FLAGS_KNOWN: Final = 1 << 1 | 1 << 2 | FLAG_DESCRIPTOR | FLAG_UTF8
"""Bits 1 and 2 only tell how hard the compressor tried."""

HOST_UNIX: Final = 3
"""Made on Unix (macOS writes it, too): the upper half of the external attributes is a mode. Under
any other number, 19 for Darwin included, unzip 6.0 takes a link for a file."""
INTERNAL_TEXT: Final = 1
"""The only internal attribute in use: "looks like text"."""
DOS_FOLDER: Final = 0x10

VERSION: Final = 20
"""Version 2.0: deflate and folders."""
VERSION_MAX: Final = 45
"""Highest version that every reader in use takes; unzip 6.0 skips an entry that needs more than
4.6, so it would see fewer files than others."""
DOS_DATE_1980: Final = 0x21
"""1980-01-01, the earliest that the format has."""

EXTRA_ZIP64: Final = 0x0001
EXTRA_UNICODE_PATH: Final = 0x7075
EXTRAS_REFUSED: Final = {
    0x000D: "PKWARE Unix, which can hold a link's target",
    0x0014: "PKCS#7 store",
    0x0015: "X.509 certificate",
    0x0016: "X.509 certificate of the index",
    0x0017: "strong encryption",
    0x0018: "record management",
    0x0019: "PKCS#7 recipients",
    0x756E: "ASi Unix, which can hold a mode and a link's target",
    0x9901: "AES encryption",
}
"""Extra fields by which another reader could see another kind, mode or content than we do."""


U16_MAX: Final = 0xFFFF
U32_MAX: Final = 0xFFFF_FFFF
"""Stand for "see the zip64 record"."""


class LayoutError(ValueError):
    """Bytes that do not have the form they must have; says which."""


class Header(NamedTuple):
    """What an entry's central and local header both say.

    Attributes:
        version: Needed to unpack it, times ten.
        flags: General purpose bits.
        method: Of compression.
        moment: DOS time and date.
        crc: CRC-32 of the content; 0 in a local header with a descriptor.
        compressed_bytes: Likewise.
        size_bytes: Likewise.
        name: As it stands there.
        extra: The extra fields.
    """

    version: int
    flags: int
    method: int
    moment: tuple[int, int]
    crc: int
    compressed_bytes: int
    size_bytes: int
    name: bytes
    extra: bytes


class CentralHeader(NamedTuple):
    """An entry of the index.

    Attributes:
        common: What the header before the data says, too.
        internal: Attributes about the content.
        host: System whose attributes these are.
        external: Attributes.
        offset: Of the local header.
    """

    common: Header
    internal: int
    host: int
    external: int
    offset: int


@dataclass(frozen=True, slots=True)
class EndRecord:
    """Where the index is.

    Attributes:
        entries: In the index.
        index_bytes: Length of the index.
        index_offset: Where it begins.
        comment_bytes: Length of the archive's comment.
        is_plain: Whether it needs neither zip64 nor several parts.
    """

    entries: int
    index_bytes: int
    index_offset: int
    comment_bytes: int
    is_plain: bool

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """The record from its 22 bytes, which begin with END_SIGNATURE."""
        _, disk, index_disk, here, entries, size, offset, comment = END.unpack(raw)
        is_plain = (
            disk == index_disk == 0 and here == entries < U16_MAX and U32_MAX not in {size, offset}
        )
        return cls(entries, size, offset, comment, is_plain)


def extra_fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields by id.

    Raises:
        LayoutError: They do not fill the space exactly, or an id stands there twice.
    """
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        if len(extra) - at < 4:  # noqa: PLR2004 - id and length
            raise LayoutError("its extra fields are cut off")
        id_, length = struct.unpack_from("<HH", extra, at)
        value = extra[at + 4 : at + 4 + length]
        if len(value) != length:
            raise LayoutError("its extra fields are cut off")
        if id_ in fields:
            raise LayoutError(f"its extra field 0x{id_:04x} stands there twice")
        fields[id_] = value
        at += 4 + length
    return fields


def unix_attributes(mode: int, *, link: bool) -> int:
    """External attributes of a file or link with these permission bits."""
    return ((stat.S_IFLNK if link else stat.S_IFREG) | mode) << 16
