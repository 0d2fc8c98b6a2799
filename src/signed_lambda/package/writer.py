"""Writes a zip whose bytes depend on names, contents, executable bits and the level alone.

No time, no owner, no umask, no order of a file system, no clock: every field that is not content
is a constant here. The zip is written once, front to back, and hashed while it is written.
May import model and this package's pure modules.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, Self

from signed_lambda.model import Entry, Place, Sha256
from signed_lambda.package.layout import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    DEFLATED,
    DOS_DATE_1980,
    END,
    END_SIGNATURE,
    FLAG_UTF8,
    HOST_UNIX,
    LOCAL,
    LOCAL_SIGNATURE,
    STORED,
    VERSION,
    unix_attributes,
)

if TYPE_CHECKING:
    from signed_lambda.package.listing import Found
    from signed_lambda.package.worker import Squeezed

LINK_MODE: Final = 0o777
FILE_MODE: Final = 0o644
PROGRAM_MODE: Final = 0o755
_MADE_BY: Final = HOST_UNIX << 8 | VERSION
_AT_ONCE_BYTES: Final = 262_144
"""Written and hashed at once: two calls for each small entry would take longer than its hash."""


class Sink(Protocol):
    """Where the zip goes: a file opened for writing."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Takes all of the bytes, or raises OSError."""


class Packed(NamedTuple):
    """The content of one entry, ready to be written.

    Attributes:
        method: STORED or DEFLATED.
        data: As they stand in the zip.
        crc: CRC-32 of the content.
        entry: What the entry is.
        wordless: Whether none of the words is in it that were looked for.
    """

    method: int
    data: bytes | bytearray | memoryview
    crc: int
    entry: Entry
    wordless: bool = False

    @classmethod
    def of(cls, file: Found, squeezed: Squeezed) -> Self:
        """A file, with its content as it was read and compressed."""
        deflated, data, crc, sha256, wordless = squeezed
        entry = Entry(
            name=file.name,
            kind="file",
            mode=PROGRAM_MODE if file.executable else FILE_MODE,
            size_bytes=file.size_bytes,
            sha256=Sha256(sha256),
        )
        return cls(DEFLATED if deflated else STORED, data, crc, entry, wordless)


def packed_link(link: Found) -> Packed:
    """A link: its target, stored, as Info-ZIP does."""
    target = link.link_target.encode()
    entry = Entry(
        name=link.name,
        kind="link",
        mode=LINK_MODE,
        size_bytes=len(target),
        sha256=Sha256(hashlib.sha256(target).digest()),
    )
    return Packed(STORED, target, zlib.crc32(target), entry)


class ZipWriter:
    """Writes entries in the order in which they are added; the caller sorts them."""

    def __init__(self, sink: Sink) -> None:
        """Args: sink: Open for writing, empty."""
        self._sink: Final = sink
        self._hash: Final = hashlib.sha256()
        self._index: Final[list[bytes]] = []
        self._held: list[bytes | bytearray | memoryview] = []
        self._written_bytes = 0
        self.size_bytes = 0

    def add(self, packed: Packed) -> Place:
        """Writes one entry: header and data; no descriptor, no extra field.

        Returns:
            Where its data lie.

        Raises:
            OSError: The sink does not take it.
        """
        method, data, crc, entry, _ = packed
        name = entry.name.encode()
        flags = FLAG_UTF8 if len(name) != len(entry.name) else 0
        size, full = len(data), entry.size_bytes
        common = (VERSION, flags, method, 0, DOS_DATE_1980, crc, size, full, len(name), 0)
        attributes = unix_attributes(entry.mode, link=entry.kind == "link")
        where = (0, 0, 0, attributes, self.size_bytes)
        self._index.append(CENTRAL.pack(CENTRAL_SIGNATURE, _MADE_BY, *common, *where) + name)
        self._held += (LOCAL.pack(LOCAL_SIGNATURE, *common), name, data)
        at = self.size_bytes + LOCAL.size + len(name)
        self.size_bytes = at + size
        if self.size_bytes - self._written_bytes >= _AT_ONCE_BYTES:
            self._flush()
        return Place(method=method, offset=at, compressed_bytes=size, size_bytes=full, crc=crc)

    def close(self) -> Sha256:
        """Writes the index and its end; returns the SHA-256 of the whole zip.

        Raises:
            OSError: The sink does not take it.
        """
        count, offset = len(self._index), self.size_bytes
        size = sum(map(len, self._index))
        end = END.pack(END_SIGNATURE, 0, 0, count, count, size, offset, 0)
        self._held += (*self._index, end)
        self._flush()
        self.size_bytes = self._written_bytes
        return Sha256(self._hash.digest())

    def _flush(self) -> None:
        large = self._held.pop() if len(self._held[-1]) >= _AT_ONCE_BYTES else b""
        for data in (b"".join(self._held), large):  # what is large is not copied
            self._sink.write(data)
            self._hash.update(data)
            self._written_bytes += len(data)
        self._held.clear()
