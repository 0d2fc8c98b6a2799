"""What a zip was read to hold: its entries, and their bodies again, streamed.

Built only by `reader`. May import errors, model and this package's modules; reads, never
writes.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

from deflate import DeflateError, deflate_decompress

from signed_lambda.errors import Problem, ZipError
from signed_lambda.lazy import dataclass
from signed_lambda.package.layout import STORED
from signed_lambda.package.names import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from signed_lambda.model import Place, Sha256

ZipEntryKind = Literal["file", "link", "directory"]

OPEN_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK_BYTES: Final = 262_144
"""Most that is read or inflated at once."""

AGAIN: Final = "Make the zip again with an ordinary tool, or give the folder as `source`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """One entry of a zip, verified: both headers agree, and the data are what they say.

    Attributes:
        name: UTF-8, as it stands there; directories with their closing "/".
        kind: File, symbolic link or directory.
        mode: Permission bits, 0-0o7777; None if the zip has none (made on Windows).
        size_bytes: Of the content.
        sha256: Of the content.
        order: Place in the zip, from 0.
        link_target: Of a link; "" otherwise.
        place: Where its data lie.
    """

    name: str
    kind: ZipEntryKind
    mode: int | None
    size_bytes: int
    sha256: Sha256
    order: int
    link_target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file was read, and in which state."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, fd: int) -> Identity:
        """Of an open file."""
        status = os.fstat(fd)
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipContents:
    """A zip that was read strictly from its first byte to its last.

    Attributes:
        path: Of the zip; it must stay there while bodies are read.
        label: What messages call it.
        size_bytes: Of the zip.
        entries: In the order of the zip.
        notes: Warnings for the report.
        identity: Of the file that was read.
    """

    path: Path
    label: str
    size_bytes: int
    entries: tuple[ZipEntry, ...]
    notes: tuple[str, ...]
    identity: Identity

    def bodies(self) -> Iterator[tuple[ZipEntry, Iterator[bytes]]]:
        """Each entry in order, with its content in chunks of at most 256 KiB.

        The chunks of an entry may be left unread. They are hashed again, and the last one is given
        only if the whole is what was read before.

        Raises:
            ZipError: E-ZIP-17 if the file is another, or another content, than was read before.
        """
        fd = self._open()
        try:
            for entry in self.entries:
                yield entry, self._chunks(fd, entry)
        finally:
            os.close(fd)

    def chunks(self, entry: ZipEntry) -> Iterator[bytes]:
        """The content of one entry, as in `bodies`.

        Raises:
            ZipError: E-ZIP-17, as for `bodies`.
        """
        fd = self._open()
        try:
            yield from self._chunks(fd, entry)
        finally:
            os.close(fd)

    @contextmanager
    def opened(self) -> Iterator[Callable[[ZipEntry], bytes]]:
        """Gives what reads the whole content of an entry, for those that fit into memory.

        Some times as fast as `chunks` for small files; hashed again as there.

        Raises:
            ZipError: E-ZIP-17, as for `bodies`.
        """
        fd = self._open()
        try:
            yield lambda entry: self._whole(fd, entry)
        finally:
            os.close(fd)

    def _whole(self, fd: int, entry: ZipEntry) -> bytes:
        try:
            return whole(fd, entry.place, entry.sha256)
        except ContentError as error:
            raise changed(self.label) from error

    def _open(self) -> int:
        try:
            fd = os.open(self.path, OPEN_FLAGS)
        except OSError as error:
            raise changed(self.label) from error
        if Identity.of(fd) != self.identity:
            os.close(fd)
            raise changed(self.label)
        return fd

    def _chunks(self, fd: int, entry: ZipEntry) -> Iterator[bytes]:
        digest = hashlib.sha256()
        held = b""
        try:
            for chunk in content(lambda size, at: os.pread(fd, size, at), entry.place):
                digest.update(chunk)
                if held:
                    yield held
                held = chunk
        except ContentError as error:
            raise changed(self.label) from error
        if digest.digest() != entry.sha256.digest:
            raise changed(self.label)
        if held:
            yield held


def changed(label: str) -> ZipError:
    """The zip is another, or another content, than was read before."""
    return ZipError(
        Problem("E-ZIP-17", f"{shown(label)} changed while it was read", "Run it again")
    )


class ContentError(ValueError):
    """The data of an entry are not what its headers say; says how."""


def whole(fd: int, place: Place, sha256: Sha256) -> bytes:
    """The content of an entry whose hash is known, at once.

    Raises:
        ContentError: The data are not of that content.
    """
    body = os.pread(fd, place.compressed_bytes, place.offset)
    try:
        if place.method != STORED:
            body = bytes(deflate_decompress(body, place.size_bytes))
    except DeflateError as error:
        raise ContentError("has broken compressed data") from error
    if hashlib.sha256(body).digest() != sha256.digest:
        raise ContentError("has another content")
    return body


def content(read: Callable[[int, int], bytes], place: Place) -> Iterator[bytes]:
    """The content of an entry, in chunks, checked against size and CRC.

    Never yields more than `place.size_bytes`, whatever the data unpack to.

    Args:
        read: Gives at most so many bytes (first argument) from an offset (second).
        place: Where the data lie and what they must be.

    Raises:
        ContentError: The data end early, go on too long, or have another size or CRC.
    """
    raw = _raw(read, place)
    crc = size = 0
    for chunk in raw if place.method == STORED else _inflated(raw):
        size += len(chunk)
        if size > place.size_bytes:
            raise ContentError(f"unpacks to more than the {place.size_bytes:,} bytes it says")
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size != place.size_bytes:
        raise ContentError(f"unpacks to {size:,} bytes and says {place.size_bytes:,}")
    if crc != place.crc:
        raise ContentError(f"has the CRC {crc:08x} and says {place.crc:08x}")


def _raw(read: Callable[[int, int], bytes], place: Place) -> Iterator[bytes]:
    at, end = place.offset, place.offset + place.compressed_bytes
    while at < end:
        chunk = read(min(CHUNK_BYTES, end - at), at)
        if not chunk:
            raise ContentError("is cut off")
        at += len(chunk)
        yield chunk


def _inflated(raw: Iterator[bytes]) -> Iterator[bytes]:
    """The unpacked data; the stream must end exactly where the data end."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    ended = False
    for packed in raw:
        if not ended:
            yield from _fed(engine, packed)
        if ended or engine.unused_data:
            raise ContentError("holds bytes behind the end of its compressed data")
        ended = engine.eof
    if not ended:
        raise ContentError("has compressed data without an end")


def _fed(engine: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """What the engine gives for these bytes; may be short of the end of the stream."""
    while not engine.eof:
        try:
            chunk = engine.decompress(packed, CHUNK_BYTES)
        except zlib.error as error:
            raise ContentError(f"has broken compressed data ({error})") from error
        if chunk:
            yield chunk
        packed = engine.unconsumed_tail
        if len(chunk) < CHUNK_BYTES:  # so all of `packed` is used up, and nothing is held back
            return
