"""Unpacks a zip while it arrives, so that reading it takes hardly longer than its download.

The strict reader needs the index, which is a zip's last part. What costs time is behind no index:
the data of the entries, one after the other from byte 0. They are unpacked here as they come, in
one thread, and handed on in order to another, for whoever makes a digest of all.

Nothing here decides anything: what was unpacked is kept under its `Place`, which is offset, sizes
and CRC as they were found. The reader takes it only for an entry of which both headers say exactly
the same; for any other, and wherever this gave up, it unpacks itself.

May import this package's modules; reads the file that is being written, writes nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from dataclasses import field
from queue import Queue
from typing import TYPE_CHECKING, Final, Protocol

from signed_lambda.lazy import dataclass
from signed_lambda.model import Place, Sha256
from signed_lambda.package.contents import (
    CHUNK_BYTES,
    OPEN_FLAGS,
    ContentError,
    Identity,
    content,
)
from signed_lambda.package.layout import (
    DEFLATED,
    DESCRIPTOR,
    DESCRIPTOR_SIGNATURE,
    FLAG_DESCRIPTOR,
    LOCAL,
    LOCAL_SIGNATURE,
    STORED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from signed_lambda.package.limits import Limits

WAITING: Final = 16
"""Batches that wait for the digest, each of `CHUNK_BYTES` and one chunk more at most: 8 MiB."""
BATCH_PARTS: Final = 512
"""Most parts of a batch: to hand each small file over by itself takes longer than to hash it."""
LATE_BYTES: Final = 16_384
"""Read first of data that say only at their end how long they are: most files are no longer."""


class Digest(Protocol):
    """Takes names and bodies in the order of the zip."""

    def digest(self) -> bytes:
        """Of what was taken so far."""
        ...

    def update(self, name: str) -> None:
        """Begins an entry."""
        ...

    def update_body(self, chunk: bytes) -> None:
        """More of the entry that was begun last."""
        ...


@dataclass(slots=True)
class Unpacked:
    """What was unpacked ahead.

    Attributes:
        digest: Of the entries in `names`.
        names: Of what was unpacked, in order.
        hashes: Of the contents, by their places.
        identity: Of the whole file, None where it could not be opened again.
    """

    digest: Digest
    names: list[str] = field(default_factory=list)
    hashes: dict[Place, Sha256] = field(default_factory=dict)
    identity: Identity | None = None


_Part = tuple[str | None, bytes, Place | None]
"""The name of an entry that begins, bytes of its content, its place where it ends."""


class _GaveUp(Exception):
    """The rest is the strict reader's."""


class _Stopped(Exception):
    """Another file is begun, or nobody waits for this one."""


class _Growing:
    """A file that grows, read by one thread and written by another one.

    Read in chunks, whatever is asked for: headers and small files follow each other closely.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._chunk, self._chunk_at = b"", 0
        self._size = 0
        self._whole = self._stopped = False
        self._changed = threading.Condition()

    def grew(self, size_bytes: int) -> None:
        with self._changed:
            self._size = size_bytes
            self._changed.notify()

    def ended(self, *, stopped: bool = False) -> None:
        with self._changed:
            self._whole, self._stopped = True, self._stopped or stopped
            self._changed.notify()

    def read(self, size: int, at: int) -> bytes:
        """At least a byte of so many; none where the file has ended. Waits for it to grow."""
        begin = at - self._chunk_at
        if not 0 <= begin < len(self._chunk):
            self._chunk, self._chunk_at, begin = self._read(at), at, 0
        return self._chunk[begin : begin + size]

    def _read(self, at: int) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._size > at or self._whole)
            if self._stopped:
                raise _Stopped
            size = min(CHUNK_BYTES, self._size - at)
        if self._fd < 0:
            self._fd = os.open(self._path, OPEN_FLAGS)
        return os.pread(self._fd, size, at) if size > 0 else b""

    def exactly(self, size: int, at: int) -> bytes:
        """So many bytes, fewer where the file has ended."""
        found = b""
        while len(found) < size and (more := self.read(size - len(found), at + len(found))):
            found += more
        return found

    def identity(self) -> Identity | None:
        try:
            fd = os.open(self._path, OPEN_FLAGS)
        except OSError:
            return None
        try:
            return Identity.of(fd)
        finally:
            os.close(fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Ahead:
    """Follows a file as it is written; see the module.

    The writer calls `begin`, `grew` and, when the file is whole, `end`; a download that fails and
    comes again begins again.
    """

    def __init__(self, digest: Callable[[], Digest], limits: Limits) -> None:
        """Takes what begins a digest of all, and upper bounds."""
        self._new_digest, self._limits = digest, limits
        self._under_way: _Following | None = None

    def begin(self, path: Path) -> None:
        """A new file is written there; what was unpacked of another one is forgotten."""
        self.stop()
        self._under_way = _Following(path, self._new_digest(), self._limits)

    def grew(self, size_bytes: int) -> None:
        """So many bytes of it can be read."""
        if self._under_way is not None:
            self._under_way.file.grew(size_bytes)

    def stop(self) -> None:
        """Nobody needs it any more."""
        if self._under_way is not None:
            self._under_way.file.ended(stopped=True)
            self._under_way = None

    def unpacked(self) -> Unpacked:
        """What could be unpacked; the file is whole. Nothing, where none was begun."""
        following, self._under_way = self._under_way, None
        return following.result() if following is not None else Unpacked(self._new_digest())


class _Following:
    """One file: a thread that unpacks, and one that makes the digest of what was unpacked."""

    def __init__(self, path: Path, digest: Digest, limits: Limits) -> None:
        self.file, self._limits = _Growing(path), limits
        self._unpacked = Unpacked(digest)
        self._batches: Queue[list[_Part]] = Queue(WAITING)
        self._batch: list[_Part] = []
        self._batch_bytes = 0
        self._threads = [
            threading.Thread(target=work, name="ahead", daemon=True)
            for work in (self._unpack, self._digest)
        ]
        for thread in self._threads:
            thread.start()

    def result(self) -> Unpacked:
        """Waits for both threads."""
        self.file.ended()
        for thread in self._threads:
            thread.join()
        self._unpacked.identity = self.file.identity()
        return self._unpacked

    def _digest(self) -> None:
        """Hashes each content, and all names and contents together."""
        unpacked, content_hash = self._unpacked, hashlib.sha256()
        while batch := self._batches.get():
            for name, chunk, place in batch:
                if name is not None:
                    unpacked.digest.update(name)
                if chunk:
                    content_hash.update(chunk)
                    unpacked.digest.update_body(chunk)
                if place is not None:
                    unpacked.hashes[place] = Sha256(content_hash.digest())
                    content_hash = hashlib.sha256()

    def _hand_on(self, name: str | None, chunk: bytes, place: Place | None) -> None:
        self._batch.append((name, chunk, place))
        self._batch_bytes += len(chunk)
        if self._batch_bytes >= CHUNK_BYTES or len(self._batch) >= BATCH_PARTS:
            self._batches.put(self._batch)
            self._batch, self._batch_bytes = [], 0

    def _unpack(self) -> None:
        at = total = 0
        try:
            while len(self._unpacked.names) < self._limits.entries:
                name, place, at = self._entry(at, self._limits.unzipped_bytes - total)
                total += place.size_bytes
                self._unpacked.names.append(name)
        except (_GaveUp, _Stopped, ContentError, OSError, zlib.error):
            # What is not unpacked here, and every fault, is the strict reader's to tell.
            return
        finally:
            self.file.close()
            if self._batch:
                self._batches.put(self._batch)
            self._batches.put([])  # the end

    def _entry(self, at: int, limit_bytes: int) -> tuple[str, Place, int]:
        """Unpacks the entry whose local header is there: its name, its place, where it ends."""
        raw = self.file.exactly(LOCAL.size, at)
        if len(raw) < LOCAL.size or not raw.startswith(LOCAL_SIGNATURE):
            raise _GaveUp
        _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = LOCAL.unpack(raw)
        name = self.file.exactly(name_bytes, at + LOCAL.size).decode("utf-8", "replace")
        at += LOCAL.size + name_bytes + extra_bytes
        late = bool(flags & FLAG_DESCRIPTOR)
        found: _Stored | _Deflated
        if method == DEFLATED:
            found = _Deflated(self.file, at, LATE_BYTES if late else packed, limit_bytes)
        elif method == STORED and not late and size <= limit_bytes:
            found = _Stored(
                self.file,
                Place(method=method, offset=at, compressed_bytes=packed, size_bytes=size, crc=crc),
            )
        else:
            raise _GaveUp
        begins: str | None = name
        for chunk in found.chunks():
            self._hand_on(begins, chunk, None)
            begins = None
        self._hand_on(begins, b"", found.place)
        end = at + found.place.compressed_bytes
        if late:
            signed = self.file.exactly(4, end) == DESCRIPTOR_SIGNATURE
            end += DESCRIPTOR.size + 4 * signed
        return name, found.place, end


class _Stored:
    """Data as they are, of a size that stands before them."""

    def __init__(self, file: _Growing, place: Place) -> None:
        self._file, self.place = file, place

    def chunks(self) -> Iterator[bytes]:
        return content(self._file.read, self.place)


class _Deflated:
    """A deflated stream, which says itself where it ends; its place is known then."""

    place: Place

    def __init__(self, file: _Growing, at: int, expected_bytes: int, limit_bytes: int) -> None:
        self._file, self._at = file, at
        self._expected_bytes, self._limit_bytes = expected_bytes, limit_bytes

    def chunks(self) -> Iterator[bytes]:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        read_to, size, crc, packed = self._at, 0, 0, b""
        while not engine.eof:
            if not packed:
                left = self._at + self._expected_bytes - read_to
                packed = self._file.read(
                    min(CHUNK_BYTES, left) if left > 0 else CHUNK_BYTES, read_to
                )
                if not packed:
                    raise _GaveUp
                read_to += len(packed)
            chunk = engine.decompress(packed, CHUNK_BYTES)
            packed = engine.unconsumed_tail
            size += len(chunk)
            if size > self._limit_bytes:
                raise _GaveUp
            crc = zlib.crc32(chunk, crc)
            if chunk:
                yield chunk
        self.place = Place(
            method=DEFLATED,
            offset=self._at,
            compressed_bytes=read_to - len(engine.unused_data) - self._at,
            size_bytes=size,
            crc=crc,
        )
