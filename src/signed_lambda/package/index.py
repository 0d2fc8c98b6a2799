"""The index of a zip: finds it, and parses it without believing it.

May import errors, model and this package's modules; reads through a function it is given.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import ZipError
from signed_lambda.package.contents import AGAIN, CHUNK_BYTES
from signed_lambda.package.layout import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    END,
    END_SIGNATURE,
    EXTRA_UNICODE_PATH,
    EXTRA_ZIP64,
    EXTRAS_REFUSED,
    FLAG_UTF8,
    LOCAL_SIGNATURE,
    ZIP64_LOCATOR_SIGNATURE,
    CentralHeader,
    EndRecord,
    Header,
    LayoutError,
    extra_fields,
)
from signed_lambda.package.names import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.package.limits import Limits

_COMMENT_BYTES_MAX: Final = 65_535
_ZIP64_LOCATOR_BYTES: Final = 20
_TAR_MAGIC_AT: Final = 257

_LOOKS_LIKE: Final = (
    (b"version https://git-lfs", "a Git LFS pointer", "Add `lfs: true` to actions/checkout"),
    (b"\x1f\x8b", "a gzip file (tar.gz?)", "Give a .zip, or the folder"),
    (b"BZh", "a bzip2 file", "Give a .zip, or the folder"),
    (b"\xfd7zXZ", "an xz file", "Give a .zip, or the folder"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "Give a .zip, or the folder"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Give a .zip, or the folder"),
    (b"Rar!", "a RAR archive", "Give a .zip, or the folder"),
    (b"PK\x07\x08", "one part of a split zip", "Join the parts with `zip -s 0`"),
    (b"\x7fELF", "a program", "Give a .zip, or the folder"),
    (b"MZ", "a Windows program", "Give a .zip, or the folder"),
)


def find_index(
    read: Callable[[int, int], bytes], size_bytes: int, label: str, limits: Limits
) -> EndRecord:
    """The end record, which must be the last 22 bytes, right behind the index.

    Args:
        read: At most so many bytes from an offset.
        size_bytes: Of the zip.
        label: What messages call it.
        limits: For the number of entries.

    Raises:
        ZipError: E-ZIP-01 not a zip, -02 cut off, -03 other bytes, -12 too many entries, -15 zip64.
    """
    at = _find_end(read, size_bytes, label)
    record = EndRecord.parse(read(END.size, at))
    if not record.is_plain:
        raise _error(label, "E-ZIP-15", "uses zip64 or several parts, which no package needs")
    end_of_index = record.index_offset + record.index_bytes
    if end_of_index > at:
        raise _error(label, "E-ZIP-02", "is cut off: its index does not lie within it")
    if end_of_index < at:
        between = read(_ZIP64_LOCATOR_BYTES, max(end_of_index, at - _ZIP64_LOCATOR_BYTES))
        if between.startswith(ZIP64_LOCATOR_SIGNATURE):
            raise _error(label, "E-ZIP-15", "has zip64 records, which no package needs")
        stray = at - end_of_index
        between = read(min(stray, _COMMENT_BYTES_MAX), at - min(stray, _COMMENT_BYTES_MAX))
        second = ", a second end record among them" if END_SIGNATURE in between else ""
        raise _error(
            label, "E-ZIP-03", f"has {stray:,} bytes before it, or behind its index{second}"
        )
    if record.entries > limits.entries:
        raise _error(label, "E-ZIP-12", f"has {record.entries:,} entries, limit {limits.entries:,}")
    return record


def _find_end(read: Callable[[int, int], bytes], size_bytes: int, label: str) -> int:
    """Where the end record begins."""
    head = read(512, 0)
    tail_at = max(0, size_bytes - END.size - _COMMENT_BYTES_MAX)
    tail = read(size_bytes - tail_at, tail_at)
    is_zip = head.startswith((LOCAL_SIGNATURE, END_SIGNATURE))
    last = size_bytes - END.size - tail_at
    found = tail.rfind(END_SIGNATURE, 0, max(0, last + 4))
    if found < 0:
        if is_zip:
            raise _error(label, "E-ZIP-02", "is cut off: it has no end record")
        raise _not_a_zip(head, size_bytes, label)
    if not is_zip:
        start = head.find(LOCAL_SIGNATURE)
        where = f"{start:,} bytes" if start > 0 else "bytes"
        raise _error(label, "E-ZIP-03", f"has {where} before the zip begins")
    behind = len(tail) - found - END.size
    comment = EndRecord.parse(tail[found : found + END.size]).comment_bytes
    if comment > behind:
        raise _error(label, "E-ZIP-02", "is cut off within its comment")
    if behind and comment == behind:
        raise ZipError.of(
            "E-ZIP-03",
            f"{label} ends in a comment of {behind:,} bytes",
            "Make it without (`git archive` writes the commit there), or give the folder instead",
        )
    if behind:
        raise _error(label, "E-ZIP-03", f"has {behind:,} bytes after its end")
    return tail_at + found


def _not_a_zip(head: bytes, size_bytes: int, label: str) -> Exception:
    if not head:
        return ZipError.of("E-ZIP-01", f"{label} is empty (0 bytes)", "Did the build fail?")
    for magic, what, do in _LOOKS_LIKE:
        if head.startswith(magic):
            return ZipError.of("E-ZIP-01", f"{label} is {what}, not a zip", do)
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return ZipError.of(
            "E-ZIP-01",
            f"{label} is an HTML or XML page, not a zip",
            "Did a download answer with an error page?",
        )
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        return ZipError.of(
            "E-ZIP-01", f"{label} is a tar archive, not a zip", "Give a .zip, or the folder"
        )
    return ZipError.of(
        "E-ZIP-01",
        f"{label} is not a zip: {size_bytes:,} bytes that begin with '{shown(head[:16])}'",
        "Give a .zip, or the folder",
    )


def parse_index(
    read: Callable[[int, int], bytes], record: EndRecord, label: str
) -> Iterator[CentralHeader]:
    """The entries of the index, in its order.

    Raises:
        ZipError: E-ZIP-02 broken, -03 comments, -15 parts.
    """
    at = record.index_offset
    end = at + record.index_bytes
    read = _in_chunks(read)
    for number in range(record.entries):
        raw = read(CENTRAL.size, at)
        if at + CENTRAL.size > end or raw[:4] != CENTRAL_SIGNATURE:
            raise _error(
                label,
                "E-ZIP-02",
                f"has {number:,} entries in its index and says {record.entries:,}",
            )
        _, made_by, version, flags, method, time, date, *sizes = CENTRAL.unpack(raw)
        crc, compressed, size, name_bytes, extra_bytes, comment_bytes, *rest = sizes
        part, internal, external, offset = rest
        at += CENTRAL.size
        if at + name_bytes + extra_bytes + comment_bytes > end:
            raise _error(label, "E-ZIP-02", f"has a broken index at entry {number:,}")
        tail = read(name_bytes + extra_bytes, at)
        at += name_bytes + extra_bytes + comment_bytes
        name, extra = tail[:name_bytes], tail[name_bytes:]
        if comment_bytes:
            raise _entry_error(label, name, "E-ZIP-03", "has a comment in the index")
        if part:
            raise _entry_error(label, name, "E-ZIP-15", "lies in another part of a split zip")
        common = Header(version, flags, method, (time, date), crc, compressed, size, name, extra)
        yield CentralHeader(common, internal, made_by >> 8, external, offset)
    if at != end:
        raise _error(
            label, "E-ZIP-03", f"has {end - at:,} bytes between its index and its end record"
        )


def _in_chunks(read: Callable[[int, int], bytes]) -> Callable[[int, int], bytes]:
    """The same, for who reads small pieces that follow each other: fewer and larger reads."""
    chunk, chunk_at = b"", 0

    def from_chunk(size: int, at: int) -> bytes:
        nonlocal chunk, chunk_at
        begin = at - chunk_at
        if begin < 0 or begin + size > len(chunk):
            chunk, chunk_at, begin = read(max(size, CHUNK_BYTES), at), at, 0
        return chunk[begin : begin + size]

    return from_chunk


def decode_name(raw: bytes, flags: int) -> str:
    """The name of an entry.

    Raises:
        LayoutError: Readers would decode it differently; a phrase to be read after the name.
    """
    if not flags & FLAG_UTF8 and not raw.isascii():
        raise LayoutError("is not ASCII and not marked as UTF-8: readers disagree on it")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LayoutError("is marked as UTF-8 and is not") from error


def check_extra(raw: bytes, raw_name: bytes, name: str) -> None:
    """Refuses extra fields that tell another reader something else than the header does.

    Raises:
        LayoutError: Says which; a phrase to be read after the name.
    """
    if not raw:
        return
    fields = extra_fields(raw)
    if EXTRA_ZIP64 in fields:
        raise LayoutError("has zip64 sizes, which no package needs")
    for id_, what in EXTRAS_REFUSED.items():
        if id_ in fields:
            raise LayoutError(f"has the extra field 0x{id_:04x} ({what})")
    unicode_path = fields.get(EXTRA_UNICODE_PATH)
    if unicode_path is None:
        return
    is_valid = unicode_path[:1] == b"\x01" and unicode_path[1:5] == zlib.crc32(raw_name).to_bytes(
        4, "little"
    )
    if not is_valid or unicode_path[5:] != name.encode():
        raise LayoutError(
            f"has a second name '{shown(unicode_path[5:])}' in its extra field 0x7075"
        )


def _error(label: str, id_: str, what: str) -> Exception:
    return ZipError.of(id_, f"{label} {what}", AGAIN)


def _entry_error(label: str, name: bytes, id_: str, what: str) -> Exception:
    return ZipError.of(id_, f"entry {shown(name)} of {label} {what}", AGAIN)
