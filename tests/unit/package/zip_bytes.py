"""Builds zips byte by byte, so that every field can lie. Independent of the product on purpose."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace

FILE = 0o100644 << 16
PROGRAM = 0o100755 << 16
LINK = 0o120777 << 16
FOLDER = 0o040755 << 16
UNIX = 3 << 8 | 20
DOS = 0 << 8 | 20


def deflated(content: bytes) -> bytes:
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entry; what is None is told honestly.

    `local_*` are what the local header says where it differs from the index.
    """

    name: bytes = b"app.py"
    content: bytes = b"print('hello, hello, hello, hello')\n"
    method: int = 0
    version: int = 20
    flags: int = 0
    time: int = 0
    date: int = 0x21
    external: int = FILE
    made_by: int = UNIX
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    internal: int = 0
    crc: int | None = None
    size: int | None = None
    data: bytes | None = None
    compressed: int | None = None
    offset: int | None = None
    descriptor: bytes = b""
    local_name: bytes | None = None
    local_version: int | None = None
    local_flags: int | None = None
    local_method: int | None = None
    local_time: int | None = None
    local_crc: int | None = None
    local_size: int | None = None
    local_compressed: int | None = None
    local_extra: bytes | None = None
    before: bytes = b""
    after: bytes = b""
    in_data: bool = True
    in_index: bool = True

    @property
    def packed(self) -> bytes:
        """The data as they stand in the zip."""
        if self.data is not None:
            return self.data
        return deflated(self.content) if self.method == 8 else self.content

    @property
    def true_crc(self) -> int:
        """Of the content, unless told otherwise."""
        return zlib.crc32(self.content) if self.crc is None else self.crc

    @property
    def true_size(self) -> int:
        """Of the content, unless told otherwise."""
        return len(self.content) if self.size is None else self.size

    @property
    def true_compressed(self) -> int:
        """Of the data, unless told otherwise."""
        return len(self.packed) if self.compressed is None else self.compressed


def or_else(value: int | None, other: int) -> int:
    return other if value is None else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Zip:
    """A zip of parts; its end record and surroundings can lie, too."""

    parts: tuple[Part, ...] = field(default_factory=lambda: (Part(),))
    before: bytes = b""
    before_index: bytes = b""
    after_index: bytes = b""
    after: bytes = b""
    comment: bytes = b""
    comment_bytes: int | None = None
    entries: int | None = None
    entries_here: int | None = None
    disk: int = 0
    index_bytes: int | None = None
    index_offset: int | None = None
    shift: bool = False
    order: tuple[int, ...] | None = None

    def build(self) -> bytes:
        """The zip's bytes."""
        out = bytearray(self.before)
        base = len(self.before) if self.shift else 0
        offsets = []
        for part in self.parts:
            out += part.before
            offsets.append(len(out) - len(self.before) + base)
            if part.in_data:
                out += local(part) + part.packed + part.descriptor + part.after
        out += self.before_index
        index_at = len(out) - len(self.before) + base
        order = self.order or tuple(range(len(self.parts)))
        index = b"".join(
            central(self.parts[n], offsets[n]) for n in order if self.parts[n].in_index
        )
        count = sum(part.in_index for part in self.parts)
        out += index + self.after_index
        out += struct.pack(
            "<4s4H2LH",
            b"PK\x05\x06",
            self.disk,
            self.disk,
            or_else(self.entries_here, or_else(self.entries, count)),
            or_else(self.entries, count),
            or_else(self.index_bytes, len(index)),
            or_else(self.index_offset, index_at),
            or_else(self.comment_bytes, len(self.comment)),
        )
        return bytes(out) + self.comment + self.after


def local(part: Part) -> bytes:
    name = part.name if part.local_name is None else part.local_name
    extra = part.extra if part.local_extra is None else part.local_extra
    return (
        struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            or_else(part.local_version, part.version),
            or_else(part.local_flags, part.flags),
            or_else(part.local_method, part.method),
            or_else(part.local_time, part.time),
            part.date,
            or_else(part.local_crc, part.true_crc),
            or_else(part.local_compressed, part.true_compressed),
            or_else(part.local_size, part.true_size),
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def central(part: Part, offset: int) -> bytes:
    return (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            part.made_by,
            part.version,
            part.flags,
            part.method,
            part.time,
            part.date,
            part.true_crc,
            part.true_compressed,
            part.true_size,
            len(part.name),
            len(part.extra),
            len(part.comment),
            part.disk,
            part.internal,
            part.external,
            or_else(part.offset, offset),
        )
        + part.name
        + part.extra
        + part.comment
    )


def streamed(part: Part, *, with_signature: bool = True) -> Part:
    """The part as a tool writes it that does not know sizes in advance: with a descriptor."""
    tail = struct.pack("<3L", part.true_crc, part.true_compressed, part.true_size)
    return replace(
        part,
        flags=part.flags | 8,
        local_crc=0,
        local_compressed=0,
        local_size=0,
        descriptor=(b"PK\x07\x08" if with_signature else b"") + tail,
    )


def extra(id_: int, value: bytes) -> bytes:
    return struct.pack("<HH", id_, len(value)) + value


def unicode_path(raw_name: bytes, name: bytes) -> bytes:
    return extra(0x7075, b"\x01" + struct.pack("<L", zlib.crc32(raw_name)) + name)


def link(name: bytes, target: bytes) -> Part:
    return Part(name=name, content=target, external=LINK)


def folder(name: bytes) -> Part:
    return Part(name=name, content=b"", external=FOLDER)
