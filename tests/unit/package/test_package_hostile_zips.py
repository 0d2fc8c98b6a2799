"""Zips that two readers could see differently, that hide, lie or explode: each is refused by id."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from zip_bytes import (
    DOS,
    FILE,
    FOLDER,
    LINK,
    Part,
    Zip,
    deflated,
    extra,
    folder,
    link,
    streamed,
    unicode_path,
)

from signed_lambda.errors import ZipError
from signed_lambda.package import LAMBDA_LIMITS, Limits, read_zip

if TYPE_CHECKING:
    from pathlib import Path

A, B = Part(name=b"a.py"), Part(name=b"b.py", content=b"b = 1\n")
PACKED = Part(method=8)
HONEST = Zip(parts=(A, B)).build()


def end_at(raw: bytes) -> int:
    return raw.rindex(b"PK\x05\x06")


def zip64_end(zip_: Zip) -> bytes:
    """A zip64 end record and its locator, consistent with the zip."""
    raw = zip_.build()
    size, offset = struct.unpack("<2L", raw[end_at(raw) + 12 : end_at(raw) + 20])
    count = len(zip_.parts)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, end_at(raw), 1)


NOT_ZIPS = {
    "empty": b"",
    "html": b"<!DOCTYPE html><title>404 Not Found</title>",
    "html in upper case behind a space": b"\n <HTML><body>login</body>",
    "xml error of S3": b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    "tar.gz": b"\x1f\x8b\x08\x00" + bytes(60),
    "tar": b"app.py".ljust(257, b"\0") + b"ustar\x0000" + bytes(248),
    "git lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(40),
    "rar": b"Rar!\x1a\x07" + bytes(40),
    "xz": b"\xfd7zXZ\x00" + bytes(40),
    "bzip2": b"BZh91AY" + bytes(40),
    "zstd": b"\x28\xb5\x2f\xfd" + bytes(40),
    "program": b"\x7fELF" + bytes(60),
    "windows program": b"MZ" + bytes(60),
    "part of a split zip": b"PK\x07\x08" + bytes(60),
    "text": b"hello\n",
    "one byte": b"P",
    "index entry only": b"PK\x01\x02" + bytes(60),
}

STRUCTURE = {
    "cut off within the data": ("E-ZIP-02", HONEST[:60]),
    "cut off within the index": ("E-ZIP-02", HONEST[: end_at(HONEST) - 5]),
    "cut off within the end record": ("E-ZIP-02", HONEST[:-1]),
    "only the first header": ("E-ZIP-02", HONEST[:4]),
    "only the start of an end record": ("E-ZIP-02", b"PK\x05\x06" + bytes(10)),
    "comment is cut off": ("E-ZIP-02", Zip(comment_bytes=9).build()),
    "index lies behind the end": ("E-ZIP-02", Zip(index_offset=10**6).build()),
    "offset of the index reads like an end record": (
        "E-ZIP-02",
        Zip(index_offset=0x06054B50).build(),
    ),
    "offset of a long zip's index reads like an end record": (
        "E-ZIP-02",
        Zip(parts=(Part(content=bytes(70_000)),), index_offset=0x06054B50).build(),
    ),
    "end record counts too many": ("E-ZIP-02", Zip(entries=2).build()),
    "end record counts too few": ("E-ZIP-03", Zip(parts=(A, B), entries=1).build()),
    "end record counts none of one": ("E-ZIP-03", Zip(entries=0).build()),
    "index entry has no signature": (
        "E-ZIP-02",
        Zip().build().replace(b"PK\x01\x02", b"PK\x01\x03"),
    ),
    "index is shorter than its entry": (
        "E-ZIP-02",
        Zip(parts=(A,)).build().replace(b"\x04\0\0\0\0\0\0\0\0\0", b"\x99" + bytes(9)),
    ),
    "bytes before": ("E-ZIP-03", Zip(before=b"#!/bin/sh\nexit\n").build()),
    "bytes before, offsets moved": ("E-ZIP-03", Zip(before=b"#!/bin/sh\n", shift=True).build()),
    "program before (self-extracting)": ("E-ZIP-03", Zip(before=b"MZ" + bytes(99)).build()),
    "html before": ("E-ZIP-03", Zip(before=b"<html>", shift=True).build()),
    "a zip before the zip": ("E-ZIP-03", Zip(before=HONEST).build()),
    "a zip before the zip, offsets moved": ("E-ZIP-04", Zip(before=HONEST, shift=True).build()),
    "bytes after": ("E-ZIP-03", HONEST + b"x" * 40),
    "a line end after": ("E-ZIP-03", HONEST + b"\n"),
    "a zip after the zip": ("E-ZIP-03", HONEST + Zip().build()),
    "two end records": ("E-ZIP-03", HONEST + HONEST[end_at(HONEST) :]),
    "comment": ("E-ZIP-03", Zip(comment=b"made by me").build()),
    "a zip in the comment": ("E-ZIP-03", Zip(comment=HONEST).build()),
    "longest comment": ("E-ZIP-03", Zip(comment=b"x" * 65_535).build()),
    "end record in the comment": ("E-ZIP-03", Zip(comment=b"PK\x05\x06" + bytes(18)).build()),
    "comment of an entry": ("E-ZIP-03", Zip(parts=(replace(A, comment=b"hi"),)).build()),
    "bytes before the first entry": ("E-ZIP-03", Zip(parts=(replace(A, before=b"PK??"),)).build()),
    "bytes between entries": ("E-ZIP-03", Zip(parts=(A, replace(B, before=b"?"))).build()),
    "bytes between data and index": ("E-ZIP-03", Zip(before_index=b"?" * 30).build()),
    "bytes between index and end": ("E-ZIP-03", Zip(after_index=b"?" * 30).build()),
    "bytes within the index": ("E-ZIP-03", Zip(after_index=b"?" * 5, index_bytes=57).build()),
    "several parts": ("E-ZIP-15", Zip(disk=1).build()),
    "entry in another part": ("E-ZIP-15", Zip(parts=(replace(A, disk=1),)).build()),
    "entries of this part differ": ("E-ZIP-15", Zip(entries_here=0).build()),
    "zip64 by count": ("E-ZIP-15", Zip(entries=0xFFFF).build()),
    "zip64 by size of the index": ("E-ZIP-15", Zip(index_bytes=0xFFFFFFFF).build()),
    "zip64 by offset of the index": ("E-ZIP-15", Zip(index_offset=0xFFFFFFFF).build()),
    "zip64 records beside good values": ("E-ZIP-15", Zip(after_index=zip64_end(Zip())).build()),
}

HIDDEN = {
    "entry only in the data, in front": (
        "E-ZIP-04",
        Zip(parts=(Part(name=b"evil.py", in_index=False), A)),
    ),
    "entry only in the data, at the end": (
        "E-ZIP-04",
        Zip(parts=(A, Part(name=b"evil.py", in_index=False))),
    ),
    "entry only in the data, between": (
        "E-ZIP-04",
        Zip(parts=(A, Part(name=b"evil.py", in_index=False), B)),
    ),
    "entry only in the index": ("E-ZIP-04", Zip(parts=(A, replace(B, in_data=False)))),
    "the only entry is only in the index": ("E-ZIP-03", Zip(parts=(replace(A, in_data=False),))),
    "entry behind a descriptor": (
        "E-ZIP-04",
        Zip(parts=(streamed(PACKED), Part(name=b"evil.py", in_index=False), B)),
    ),
    "offset points at the entry before": ("E-ZIP-05", Zip(parts=(A, replace(B, offset=0)))),
    "offset points into the data": ("E-ZIP-04", Zip(parts=(replace(A, offset=31),))),
    "offset points into the index": ("E-ZIP-05", Zip(parts=(A, replace(B, offset=60)))),
    "offset points behind the index": ("E-ZIP-05", Zip(parts=(A, replace(B, offset=190)))),
    "data run over the index to an offset behind it": (
        "E-ZIP-05",
        Zip(parts=(replace(A, compressed=166, size=166), replace(B, offset=200))),
    ),
    "offset points behind the end": ("E-ZIP-05", Zip(parts=(A, replace(B, offset=10**6)))),
    "index in another order": ("E-ZIP-04", Zip(parts=(A, B), order=(1, 0))),
    "data run into the next entry": (
        "E-ZIP-05",
        Zip(parts=(replace(A, compressed=60, size=60), B)),
    ),
    "data run into the index": ("E-ZIP-05", Zip(parts=(replace(A, compressed=99, size=99),))),
    "local name runs into the index": ("E-ZIP-05", Zip(parts=(replace(A, local_name=b"x" * 999),))),
}

DISAGREEING = {
    "name": replace(A, local_name=b"evil.py"),
    "name by case": replace(A, local_name=b"A.py"),
    "version": replace(A, local_version=10),
    "version is zero": replace(A, local_version=0),
    "flags": replace(A, local_flags=2),
    "flags are zero": replace(A, flags=2, local_flags=0),
    "UTF-8 flag": replace(A, local_flags=1 << 11),
    "method": replace(A, local_method=8),
    "method is zero": replace(PACKED, local_method=0),
    "time": replace(A, local_time=1),
    "CRC": replace(A, local_crc=1),
    "CRC is zero without descriptor": replace(A, local_crc=0),
    "size": replace(A, local_size=1),
    "compressed size": replace(A, local_compressed=1),
    "stored with two sizes": replace(A, size=35, content=A.content, compressed=len(A.content)),
    "descriptor announced locally only": replace(A, local_flags=8),
    "descriptor announced in the index only": replace(streamed(A), local_flags=0),
    "descriptor with another CRC": replace(streamed(PACKED), descriptor=b"PK\x07\x08" + bytes(12)),
    "descriptor is missing": replace(streamed(PACKED), descriptor=b""),
    "descriptor of zip64 size": replace(
        streamed(PACKED),
        descriptor=struct.pack(
            "<4sL2Q", b"PK\x07\x08", PACKED.true_crc, PACKED.true_compressed, PACKED.true_size
        ),
    ),
    "stored, size only behind the data": streamed(A),
    "local CRC is another with descriptor": replace(streamed(PACKED), local_crc=7),
    "local size is another with descriptor": replace(streamed(PACKED), local_size=7),
}

CONTENT = {
    "stored data of another CRC": replace(A, crc=1),
    "packed data of another CRC": replace(PACKED, crc=1),
    "unpacks to less than it says": replace(PACKED, size=len(PACKED.content) + 1),
    "unpacks to more than it says": replace(PACKED, size=len(PACKED.content) - 1),
    "unpacks to much more than it says": replace(
        PACKED, data=deflated(bytes(30_000_000)), size=10, crc=0
    ),
    "bytes behind the compressed stream": replace(PACKED, data=deflated(PACKED.content) + b"evil"),
    "a second stream behind the first": replace(PACKED, data=deflated(PACKED.content) * 2),
    "stream cut off": replace(PACKED, data=deflated(PACKED.content)[:-1]),
    "stream broken": replace(PACKED, data=b"\xff" * 20),
    "zlib header": replace(PACKED, data=zlib.compress(PACKED.content)),
    "no compressed data": replace(PACKED, data=b""),
    "empty file with data behind it": replace(
        PACKED, content=b"", data=deflated(b"") + b"print(1)"
    ),
    "stream behind the buffer's end": replace(
        PACKED, data=deflated(b"") + bytes(600_000), content=b""
    ),
}

FORMS = {
    "encrypted": ("E-ZIP-07", replace(A, flags=1)),
    "strongly encrypted": ("E-ZIP-07", replace(A, flags=1 | 64)),
    "index encrypted": ("E-ZIP-07", replace(A, flags=1 << 13)),
    "AES": ("E-ZIP-07", replace(A, method=99)),
    "bzip2": ("E-ZIP-08", replace(A, method=12)),
    "lzma": ("E-ZIP-08", replace(A, method=14)),
    "zstd": ("E-ZIP-08", replace(A, method=93)),
    "deflate64": ("E-ZIP-08", replace(A, method=9)),
    "unknown method": ("E-ZIP-08", replace(A, method=77)),
    "patch data": ("E-ZIP-15", replace(A, flags=1 << 5)),
    "unknown flag": ("E-ZIP-15", replace(A, flags=1 << 14)),
    "version that some readers skip": ("E-ZIP-15", replace(A, version=64)),
    "version of another system": ("E-ZIP-15", replace(A, version=2 << 8 | 20)),
    "internal attributes": ("E-ZIP-15", replace(A, internal=4)),
    "zip64 size": ("E-ZIP-15", replace(A, size=0xFFFFFFFF)),
    "zip64 compressed size": ("E-ZIP-15", replace(A, compressed=0xFFFFFFFF)),
    "zip64 offset": ("E-ZIP-15", replace(A, offset=0xFFFFFFFF)),
    "zip64 extra field": ("E-ZIP-15", replace(A, extra=extra(1, bytes(16)))),
    "zip64 extra field, local only": ("E-ZIP-15", replace(A, local_extra=extra(1, bytes(16)))),
    "AES extra field": ("E-ZIP-15", replace(A, extra=extra(0x9901, bytes(7)))),
    "ASi Unix extra field (link)": ("E-ZIP-15", replace(A, extra=extra(0x756E, bytes(14)))),
    "PKWARE Unix extra field": ("E-ZIP-15", replace(A, extra=extra(0x000D, bytes(12)))),
    "extra fields cut off in the id": ("E-ZIP-15", replace(A, extra=b"\x55\x54\x09")),
    "extra fields cut off in the second id": (
        "E-ZIP-15",
        replace(A, extra=extra(0x5455, bytes(5)) + b"\x55\x54\x09"),
    ),
    "extra fields cut off in the value": ("E-ZIP-15", replace(A, extra=b"\x55\x54\x09\x00\x01")),
    "extra field twice": ("E-ZIP-15", replace(A, extra=extra(0x5455, b"\0") * 2)),
    "second name in an extra field": (
        "E-ZIP-15",
        replace(A, extra=unicode_path(A.name, b"evil.py")),
    ),
    "second name, local only": (
        "E-ZIP-15",
        replace(A, local_extra=unicode_path(A.name, b"evil.py")),
    ),
    "zip64 extra field, index only": (
        "E-ZIP-15",
        replace(A, extra=extra(1, bytes(16)), local_extra=b""),
    ),
    "second name, index only": (
        "E-ZIP-15",
        replace(A, extra=unicode_path(A.name, b"evil.py"), local_extra=b""),
    ),
    "second name with a wrong CRC": ("E-ZIP-15", replace(A, extra=unicode_path(b"x", A.name))),
    "second name without a version": ("E-ZIP-15", replace(A, extra=extra(0x7075, b""))),
}

NAMES = {
    "parent": b"../evil.py",
    "parent in the middle": b"a/../../evil.py",
    "parent at the end": b"a/..",
    "this folder": b"./a.py",
    "absolute": b"/etc/passwd",
    "drive": b"C:/evil.py",
    "drive without slash": b"c:evil.py",
    "backslash": b"a\\b.py",
    "share": b"\\\\host\\share",
    "NUL": b"a.py\0.txt",
    "line break": b"a\n::set-output name=x::1",
    "escape": b"a\x1b[2Jb",
    "delete": b"a\x7fb",
    "empty": b"",
    "only a slash": b"/",
    "two slashes": b"a//b",
    "part too long": b"x" * 256,
    "name too long": b"/".join([b"x" * 200] * 25),
    "too deep": b"/".join([b"x"] * 300),
    "not ASCII and not marked": "é.py".encode(),
    "not ASCII and not marked, cp437": b"\x82.py",
}

UTF8_NAMES = {
    "not UTF-8": b"bad\xff.py",
    "overlong slash": b"a\xc0\xafb",
    "surrogate": b"a\xed\xa0\x80",
    "right-to-left override": "evil\u202egpj.py".encode(),
    "isolate": "a\u2066b".encode(),
    "C1 control": "a\u0085b".encode(),
    "line separator": "a\u2028b".encode(),
}

KINDS = {
    "device": Part(external=0o020644 << 16),
    "block device": Part(external=0o060644 << 16),
    "FIFO": Part(external=0o010644 << 16),
    "socket": Part(external=0o140644 << 16),
    "unknown type": Part(external=0o170644 << 16),
    "link by mode, made on DOS": Part(external=LINK, made_by=DOS, content=b"b"),
    "link by mode, made on Darwin": Part(external=LINK, made_by=19 << 8 | 20, content=b"b"),
    "folder by mode, file by name": Part(external=FOLDER, content=b""),
    "folder by DOS bit, file by name": Part(external=FILE | 0x10),
    "file by mode, folder by name": Part(name=b"a/", external=FILE, content=b""),
    "file by mode, folder by DOS bit and name": Part(name=b"a/", external=FILE | 0x10, content=b""),
    "link by mode, folder by name": Part(name=b"a/", external=LINK),
    "folder with data": Part(name=b"a/", external=FOLDER),
    "link without target": link(b"a", b""),
    "link with a target too long": link(b"a", b"x" * 4096),
    "absolute link": link(b"a", b"/tmp/x"),
    "link out": link(b"a", b"../x"),
    "link out and in again": link(b"a", b"../task/a"),
    "dangling link": link(b"a", b"b"),
    "link to itself": link(b"a", b"a"),
    "link to the top": link(b"d/a", b".."),
    "link not UTF-8": link(b"a", b"\xff"),
    "link with a line break": link(b"a", b"b\n"),
    "link with a backslash": link(b"a", b"b\\c"),
}

TWINS = {
    "same name, same content": ("E-ZIP-06", (A, A)),
    "same name, other content": ("E-ZIP-06", (A, replace(B, name=A.name))),
    "file and folder of one name": ("E-ZIP-06", (Part(name=b"a"), folder(b"a/"))),
    "folder twice": ("E-ZIP-06", (folder(b"a/"), folder(b"a/"))),
    "file in a file": ("E-ZIP-16", (Part(name=b"a"), Part(name=b"a/b"))),
    "file in a link": ("E-ZIP-16", (folder(b"d/"), link(b"a", b"d"), Part(name=b"a/b"))),
    "file deep in a file": ("E-ZIP-16", (Part(name=b"a"), Part(name=b"a/b/c"))),
}


def refused(tmp_path: Path, raw: bytes, limits: Limits = LAMBDA_LIMITS) -> ZipError:
    path = tmp_path / "given.zip"
    path.write_bytes(raw)
    with pytest.raises(ZipError) as caught:
        read_zip(path, limits=limits)
    assert path.read_bytes() == raw
    assert "given.zip" in str(caught.value)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    return caught.value


def ids(error: ZipError) -> set[str]:
    return {problem.id for problem in error.problems}


@pytest.mark.parametrize("raw", NOT_ZIPS.values(), ids=NOT_ZIPS)
def test_what_is_no_zip_is_refused(tmp_path: Path, raw: bytes) -> None:
    assert ids(refused(tmp_path, raw)) == {"E-ZIP-01"}


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("html", "HTML"),
        ("git lfs pointer", "lfs: true"),
        ("tar.gz", "gzip"),
        ("tar", "tar archive"),
        ("empty", "empty (0 bytes)"),
        ("text", "begin with 'hello"),
    ],
)
def test_what_is_no_zip_is_named(tmp_path: Path, case: str, words: str) -> None:
    assert words in str(refused(tmp_path, NOT_ZIPS[case]))


@pytest.mark.parametrize(("id_", "raw"), STRUCTURE.values(), ids=STRUCTURE)
def test_a_broken_frame_is_refused(tmp_path: Path, id_: str, raw: bytes) -> None:
    assert ids(refused(tmp_path, raw)) == {id_}


@pytest.mark.parametrize(("id_", "zip_"), HIDDEN.values(), ids=HIDDEN)
def test_hidden_and_overlapping_entries_are_refused(tmp_path: Path, id_: str, zip_: Zip) -> None:
    assert ids(refused(tmp_path, zip_.build())) == {id_}


def test_a_comment_is_told_apart_from_other_bytes(tmp_path: Path) -> None:
    with_comment = refused(tmp_path, Zip(comment=b"0123456789").build())
    with_bytes = refused(tmp_path, HONEST + b"0123456789")

    assert "comment of 10 bytes" in str(with_comment)
    assert "10 bytes after its end" in str(with_bytes)


def test_an_index_that_lies_behind_the_end_is_told_as_cut_off(tmp_path: Path) -> None:
    assert "index does not lie within it" in str(refused(tmp_path, Zip(index_bytes=99).build()))


@pytest.mark.parametrize("size", [0, 4096])
def test_a_link_of_no_length_or_too_long_is_refused_unread(tmp_path: Path, size: int) -> None:
    error = refused(tmp_path, Zip(parts=(link(b"a", b"x" * size),)).build())

    assert f"is a link of {size:,} bytes" in str(error)


@pytest.mark.parametrize("length_at", [28, 30, 32], ids=["name", "extra", "comment"])
def test_an_entry_that_runs_over_the_index_is_told_as_broken(
    tmp_path: Path, length_at: int
) -> None:
    raw = bytearray(HONEST)
    raw[raw.rindex(b"PK\x01\x02") + length_at] += 1

    error = refused(tmp_path, bytes(raw))

    assert "E-ZIP-02 given.zip has a broken index at entry 1" in str(error)


def test_an_index_shorter_than_one_entry_is_refused(tmp_path: Path) -> None:
    zip_ = Zip(
        parts=(replace(A, in_index=False),), after_index=b"PK\x01\x02", index_bytes=4, entries=1
    )

    assert ids(refused(tmp_path, zip_.build())) == {"E-ZIP-02"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (b"", "no characters"),
        (b"/a", "a leading '/'"),
        (b"C:/a", "a drive letter"),
        (b"a/../b", "the part '..'"),
        (b"a\\b", "a backslash"),
        (b"a\nb", "control character (0x0a)"),
        (b"x" * 256, "a part of more than 255 bytes"),
        (b"/".join([b"x" * 200] * 25), "more than 4,085 bytes"),
        (b"/".join([b"x"] * 257), "more than 256 folders"),
    ],
)
def test_what_is_wrong_with_a_name_is_told(tmp_path: Path, name: bytes, words: str) -> None:
    error = refused(tmp_path, Zip(parts=(Part(name=name, external=0),)).build())

    assert words in str(error)


def test_a_long_name_is_cut_in_messages(tmp_path: Path) -> None:
    part = Part(name=b"x" * 255)

    error = refused(tmp_path, Zip(parts=(part, part)).build())

    assert "xxx... (255 characters)" in str(error)


def test_a_header_of_another_signature_is_no_header(tmp_path: Path) -> None:
    raw = HONEST.replace(b"PK\x03\x04", b"PK\x03\x05").replace(b"PK\x03\x05", b"PK\x03\x04", 1)

    assert ids(refused(tmp_path, raw)) == {"E-ZIP-04"}


def test_a_header_cut_off_by_the_end_is_no_entry(tmp_path: Path) -> None:
    raw = Zip(parts=(), before_index=b"PK\x03\x04").build()

    assert ids(refused(tmp_path, raw)) == {"E-ZIP-03"}


def test_a_link_that_would_upset_a_terminal_is_told_so(tmp_path: Path) -> None:
    error = refused(tmp_path, Zip(parts=(link(b"a", b"b\x1b[2J"), B)).build())

    assert "control character (0x1b)" in str(error)
    assert len(error.problems) == 1


def test_a_hidden_entry_is_named(tmp_path: Path) -> None:
    zip_ = Zip(parts=(A, Part(name=b"evil.py", in_index=False), B))

    error = refused(tmp_path, zip_.build())

    assert "'evil.py'" in str(error)


@pytest.mark.parametrize("part", DISAGREEING.values(), ids=DISAGREEING)
def test_headers_that_disagree_are_refused(tmp_path: Path, part: Part) -> None:
    assert ids(refused(tmp_path, Zip(parts=(part, B)).build())) == {"E-ZIP-05"}


@pytest.mark.parametrize("with_signature", [True, False])
def test_bytes_behind_a_descriptor_are_refused(tmp_path: Path, *, with_signature: bool) -> None:
    part = replace(streamed(PACKED, with_signature=with_signature), after=b"????")

    error = refused(tmp_path, Zip(parts=(part, B)).build())

    assert ids(error) == {"E-ZIP-03"}
    at = 30 + len(PACKED.name) + PACKED.true_compressed + 12 + 4 * with_signature
    assert f"has 4 bytes between its parts at {at}" in str(error)


@pytest.mark.parametrize(
    ("zip_", "told"),
    [
        (
            Zip(parts=(replace(A, before=b"PK\x05\x06??"),)),
            "has 6 bytes between its parts at 0",
        ),
        (Zip(before=HONEST), f"has {len(HONEST)} bytes before it, or behind its index, a second"),
        (Zip(before=b"PK\x03\x04" + bytes(96)), "has 100 bytes before it, or behind its index. "),
        (
            Zip(parts=(replace(A, comment=b"hi"),)),
            "entry a.py of given.zip has a comment in the index",
        ),
        (
            Zip(parts=(replace(A, disk=1),)),
            "entry a.py of given.zip lies in another part of a split zip",
        ),
        (Zip(parts=(replace(A, method=12),)), "uses bzip2; Lambda takes stored or deflate"),
        (Zip(parts=(replace(A, method=77),)), "uses method 77; Lambda takes"),
        (
            Zip(parts=(replace(A, crc=255, local_crc=1),)),
            "has the CRC 000000ff in the index and 00000001 in the data",
        ),
        (
            Zip(parts=(Part(name=b"a"), Part(name=b"a/b"), Part(name=b"a/c"))),
            "entry 'a/b' of given.zip lies in a, which is no folder",
        ),
        (Zip(before=b"#"), "has 1 bytes before the zip begins"),
        (Zip(before=bytes(508)), "has 508 bytes before the zip begins"),
        (Zip(before=bytes(509)), "has bytes before the zip begins"),
        (
            Zip(parts=(A, replace(B, offset=300), Part(name=b"c"))),
            "entry 'b.py' of given.zip begins behind the start of the index",
        ),
        (Zip(parts=(link(b"a", b"\xff"),)), "which is not UTF-8"),
    ],
)
def test_where_a_zip_is_broken_is_told(tmp_path: Path, zip_: Zip, told: str) -> None:
    error = refused(tmp_path, zip_.build())

    assert told in str(error)
    assert len(error.problems) == 1


@pytest.mark.parametrize("part", CONTENT.values(), ids=CONTENT)
def test_data_that_are_not_what_they_say_are_refused(tmp_path: Path, part: Part) -> None:
    assert ids(refused(tmp_path, Zip(parts=(part,)).build())) == {"E-ZIP-10"}


@pytest.mark.parametrize(("id_", "part"), FORMS.values(), ids=FORMS)
def test_forms_that_readers_differ_on_are_refused(tmp_path: Path, id_: str, part: Part) -> None:
    assert ids(refused(tmp_path, Zip(parts=(part,)).build())) == {id_}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_bad_names_are_refused(tmp_path: Path, name: bytes) -> None:
    part = Part(name=name, external=0)

    assert ids(refused(tmp_path, Zip(parts=(part,)).build())) == {"E-ZIP-09"}


@pytest.mark.parametrize("name", UTF8_NAMES.values(), ids=UTF8_NAMES)
def test_bad_names_marked_as_utf8_are_refused(tmp_path: Path, name: bytes) -> None:
    part = Part(name=name, flags=1 << 11)

    assert ids(refused(tmp_path, Zip(parts=(part,)).build())) == {"E-ZIP-09"}


@pytest.mark.parametrize("part", KINDS.values(), ids=KINDS)
def test_kinds_that_cannot_be_packed_are_refused(tmp_path: Path, part: Part) -> None:
    assert ids(refused(tmp_path, Zip(parts=(part, B)).build())) == {"E-ZIP-13"}


@pytest.mark.parametrize(("id_", "parts"), TWINS.values(), ids=TWINS)
def test_names_that_clash_are_refused(tmp_path: Path, id_: str, parts: tuple[Part, ...]) -> None:
    assert ids(refused(tmp_path, Zip(parts=parts).build())) == {id_}


def test_links_that_go_in_circles_are_refused(tmp_path: Path) -> None:
    parts = (link(b"a", b"b"), link(b"b", b"a"))

    assert ids(refused(tmp_path, Zip(parts=parts).build())) == {"E-ZIP-13"}


def test_a_chain_of_links_longer_than_linux_follows_is_refused(tmp_path: Path) -> None:
    chain = tuple(link(b"l%d" % n, b"l%d" % (n + 1)) for n in range(50))

    error = refused(tmp_path, Zip(parts=(*chain, Part(name=b"l50"))).build())

    assert "loop" in str(error)


def test_all_bad_names_are_told_at_once(tmp_path: Path) -> None:
    parts = tuple(Part(name=name, external=0) for name in (b"../a", b"/b", b"c\\d"))

    error = refused(tmp_path, Zip(parts=parts).build())

    assert len(error.problems) == 3


def test_no_more_problems_are_told_than_a_reader_can_use(tmp_path: Path) -> None:
    parts = tuple(Part(name=b"../%d" % n) for n in range(200))

    assert len(refused(tmp_path, Zip(parts=parts).build()).problems) == 50


def test_a_bomb_is_refused_by_what_the_index_says(tmp_path: Path) -> None:
    bomb = Part(name=b"zeros", method=8, content=bytes(2_000_000))
    limits = Limits(unzipped_bytes=1_999_999, entries=10, zip_bytes=10**6)

    error = refused(tmp_path, Zip(parts=(bomb,)).build(), limits)

    assert ids(error) == {"E-ZIP-11"}
    assert "2,000,000 bytes" in str(error)
    assert "zeros" in str(error)


@pytest.mark.parametrize(("compressed", "times"), [(30, "100"), (0, "3,000")])
def test_a_bomb_is_told_by_how_much_it_grows_and_by_its_largest_entry(
    tmp_path: Path, compressed: int, times: str
) -> None:
    bomb = Part(name=b"a", size=2_990, data=b"", compressed=compressed)
    parts = (replace(bomb, name=b"z", size=10, compressed=0), bomb)
    limits = Limits(unzipped_bytes=2_999, entries=10, zip_bytes=10**6)

    error = refused(tmp_path, Zip(parts=parts).build(), limits)

    assert f"unpacks to 3,000 bytes ({times} times its size), limit 2,999" in str(error)
    assert "largest: a (2,990)" in str(error)


def test_300_mib_in_a_small_zip_are_refused_without_unpacking_them(tmp_path: Path) -> None:
    bomb = Part(name=b"zeros", method=8, data=deflated(b"x"), size=314_572_800)

    assert ids(refused(tmp_path, Zip(parts=(bomb,)).build())) == {"E-ZIP-11"}


def test_a_bomb_that_lies_about_its_size_stops_at_the_size_it_says(tmp_path: Path) -> None:
    data = deflated(bytes(64_000_000))
    bomb = Part(name=b"zeros", method=8, data=data, size=100, crc=zlib.crc32(bytes(100)))

    error = refused(tmp_path, Zip(parts=(bomb,)).build())

    assert ids(error) == {"E-ZIP-10"}
    assert "more than the 100 bytes" in str(error)


def test_a_bomb_of_overlapping_entries_is_refused(tmp_path: Path) -> None:
    kernel = Part(name=b"k0", method=8, content=bytes(100_000))
    others = tuple(
        replace(kernel, name=b"k%d" % n, offset=0, in_data=False, local_name=b"k0")
        for n in range(1, 50)
    )

    assert ids(refused(tmp_path, Zip(parts=(kernel, *others)).build())) == {"E-ZIP-05"}


def test_more_entries_than_taken_are_refused_before_the_index_is_read(tmp_path: Path) -> None:
    limits = Limits(unzipped_bytes=10**6, entries=2, zip_bytes=10**6)
    zip_ = Zip(parts=(A, B, Part(name=b"c")))
    raw = zip_.build().replace(b"PK\x01\x02", b"????")

    assert ids(refused(tmp_path, raw, limits)) == {"E-ZIP-12"}


def test_a_zip_file_larger_than_taken_is_refused_unread(tmp_path: Path) -> None:
    limits = Limits(unzipped_bytes=10**6, entries=2, zip_bytes=len(HONEST) - 1)

    assert ids(refused(tmp_path, HONEST, limits)) == {"E-ZIP-11"}


@pytest.mark.parametrize("at", range(0, len(HONEST), 1))
def test_no_zip_cut_short_is_taken(tmp_path: Path, at: int) -> None:
    assert ids(refused(tmp_path, HONEST[:at])) <= {"E-ZIP-01", "E-ZIP-02"}


def test_a_folder_is_no_zip(tmp_path: Path) -> None:
    with pytest.raises(ZipError) as caught:
        read_zip(tmp_path)

    assert ids(caught.value) == {"E-ZIP-01"}


def test_a_link_to_a_zip_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.zip").write_bytes(HONEST)
    (tmp_path / "link.zip").symlink_to("real.zip")

    with pytest.raises(ZipError) as caught:
        read_zip(tmp_path / "link.zip")

    assert ids(caught.value) == {"E-ZIP-01"}
