"""Files that YAML cannot hold: special ones, hostile names, zips that lie.

Each takes the workspace and the argument of the case.
"""

from __future__ import annotations

import hashlib
import io
import os
import socket as sockets
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.unit.package.zip_bytes import FILE, LINK, Part, Zip, deflated, extra, link

A: Final = Part(name=b"app.py", content=b"def handler(event, context):\n    return {}\n")
B: Final = Part(name=b"b.py", content=b"b = 1\n")
GOOD: Final = Zip(parts=(A, B)).build()
SIGNATURE: Final = b"META_INF/aws_signer_signature_v1.0.SF"


def _bomb() -> bytes:
    """300 MiB of zeros, packed to a thousandth of it."""
    engine, block = zlib.compressobj(6, zlib.DEFLATED, -15), bytes(1024 * 1024)
    crc, data = 0, b""
    for _ in range(300):
        crc, data = zlib.crc32(block, crc), data + engine.compress(block)
    data += engine.flush()
    zeros = Part(name=b"zeros", data=data, crc=crc, size=300 * len(block), method=8)
    return Zip(parts=(A, zeros)).build()


def _overlapping() -> bytes:
    """Two entries that share their data."""
    return Zip(parts=(A, replace(B, offset=0, name=A.name[:-1] + b"z"))).build()


def _end(raw: bytes) -> int:
    return raw.rindex(b"PK\x05\x06")


def _zip64_end() -> bytes:
    size, offset = struct.unpack("<2L", GOOD[_end(GOOD) + 12 : _end(GOOD) + 20])
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, size, offset)
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, _end(GOOD), 1)


ZIPS: Final = {
    "good": lambda: GOOD,
    "empty": lambda: b"",
    "html": lambda: b"<!DOCTYPE html><title>404 Not Found</title>",
    "tar.gz": lambda: b"\x1f\x8b\x08\x00" + bytes(60),
    "lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "cut off": lambda: GOOD[:-1],
    "cut off in the data": lambda: GOOD[:60],
    "bad crc": lambda: Zip(parts=(replace(A, crc=1), B)).build(),
    "encrypted": lambda: Zip(parts=(replace(A, flags=1), B)).build(),
    "twice": lambda: Zip(parts=(A, replace(B, name=A.name))).build(),
    "hidden in the data": lambda: Zip(parts=(A, replace(B, in_index=False))).build(),
    "only in the index": lambda: Zip(parts=(A, replace(B, in_data=False))).build(),
    "other name": lambda: Zip(parts=(replace(A, local_name=b"evil.py"), B)).build(),
    "other size": lambda: Zip(parts=(replace(A, local_size=1), B)).build(),
    "other crc": lambda: Zip(parts=(replace(A, local_crc=1), B)).build(),
    "bytes before": lambda: Zip(parts=(A, B), before=b"#!/bin/sh\nexit\n").build(),
    "bytes after": lambda: GOOD + b"x" * 40,
    "two ends": lambda: GOOD + GOOD[_end(GOOD) :],
    "zip in the comment": lambda: Zip(parts=(A, B), comment=GOOD).build(),
    "zip64": lambda: Zip(parts=(A, B), after_index=_zip64_end()).build(),
    "zip64 field": lambda: Zip(parts=(replace(A, extra=extra(1, bytes(16))), B)).build(),
    "parent": lambda: Zip(parts=(A, replace(B, name=b"../x"))).build(),
    "absolute": lambda: Zip(parts=(A, replace(B, name=b"/etc/passwd"))).build(),
    "drive": lambda: Zip(parts=(A, replace(B, name=b"C:/evil.py"))).build(),
    "nul": lambda: Zip(parts=(A, replace(B, name=b"a.py\0.txt"))).build(),
    "no name": lambda: Zip(parts=(A, replace(B, name=b""))).build(),
    "link out": lambda: Zip(parts=(A, link(b"cfg", b"/tmp/x"))).build(),
    "dangling link": lambda: Zip(parts=(A, link(b"cfg", b"missing"))).build(),
    "device": lambda: Zip(parts=(A, replace(B, external=0o020644 << 16))).build(),
    "bzip2": lambda: Zip(parts=(replace(A, method=12), B)).build(),
    "lzma": lambda: Zip(parts=(replace(A, method=14), B)).build(),
    "long name": lambda: Zip(parts=(A, replace(B, name=b"x" * 256))).build(),
    "zstd": lambda: Zip(parts=(replace(A, method=93), B)).build(),
    "bomb": _bomb,
    "liar": lambda: Zip(
        parts=(A, replace(B, method=8, data=deflated(bytes(30_000_000)), size=10, crc=0))
    ).build(),
    "overlapping": _overlapping,
    "signed": lambda: Zip(parts=(A, Part(name=SIGNATURE, content=b"PKCS7"))).build(),
    "one top folder": lambda: Zip(parts=(replace(A, name=b"pkg/app.py"),)).build(),
    "file and folder": lambda: Zip(parts=(A, Part(name=b"app.py/x"))).build(),
    "mode": lambda: Zip(parts=(replace(A, external=FILE | 0o4777 << 16), B)).build(),
    "link by mode": lambda: Zip(parts=(A, replace(B, external=LINK, content=b"../x"))).build(),
}


def given_zip(workspace: Path, what: str) -> None:
    """`given.zip` of that kind."""
    (workspace / "given.zip").write_bytes(ZIPS[what]())


def text(workspace: Path, given: list[object]) -> None:
    """A file of a text so many times: path, text, times."""
    path, what, times = given
    target = workspace / str(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(str(what) * int(str(times)), encoding="utf-8")


def folder(workspace: Path, name: str) -> None:
    """An empty folder."""
    (workspace / name).mkdir(parents=True)


def fifo(workspace: Path, name: str) -> None:
    """A FIFO: to open it would wait for ever."""
    os.mkfifo(workspace / name)


def socket(workspace: Path, name: str) -> None:
    """A socket; its path is short whatever the workspace's is."""
    here = os.open(workspace, os.O_RDONLY)
    with sockets.socket(sockets.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/{name}")
    os.close(here)


def deep_path(workspace: Path, given: list[object]) -> None:
    """A file below so many folders with names of so many letters: folder, depth, length."""
    name, depth, length = given
    here = os.open(workspace / str(name), os.O_RDONLY)
    for _ in range(int(str(depth))):
        part = "x" * int(str(length))
        os.mkdir(part, dir_fd=here)
        inner = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def symlink(workspace: Path, given: list[str]) -> None:
    """A symbolic link: name and target."""
    name, target = given
    (workspace / name).symlink_to(target)


def outside(workspace: Path, name: str) -> None:
    """A folder beside the workspace with a file, and a link in the workspace that leads there."""
    beside = workspace.parent / "beside"
    beside.mkdir()
    (beside / "app.py").write_text("def handler(event, context): return {}\n")
    (workspace / name).symlink_to(beside)


def sparse(workspace: Path, given: list[object]) -> None:
    """A file of so many bytes that takes no space: name and size."""
    name, size = given
    with (workspace / str(name)).open("wb") as file:
        file.truncate(int(str(size)))


def noise(workspace: Path, given: list[object]) -> None:
    """A file of bytes that cannot be packed smaller: name and size."""
    name, size = given
    (workspace / str(name)).write_bytes(hashlib.shake_128(b"noise").digest(int(str(size))))


def many(workspace: Path, given: list[object]) -> None:
    """So many empty files in a folder: folder and number."""
    name, count = given
    place = workspace / str(name)
    place.mkdir(parents=True)
    for number in range(int(str(count))):
        (place / f"{number:05d}").touch()


def raw(workspace: Path, given: list[object]) -> None:
    """A file whose name is given as bytes in hex: folder, name."""
    place, name = given
    path = os.fsencode(workspace / str(place)) + b"/" + bytes.fromhex(str(name))
    with open(path, "wb") as file:  # noqa: PTH123 - Path takes no bytes
        file.write(b"x = 1\n")


def mode(workspace: Path, given: list[object]) -> None:
    """Sets permission bits: name, bits in octal."""
    name, bits = given
    (workspace / str(name)).chmod(int(str(bits), 8))


def time(workspace: Path, given: list[object]) -> None:
    """Sets the time of a file: name, seconds since 1970."""
    name, seconds = given
    os.utime(workspace / str(name), (int(str(seconds)), int(str(seconds))))


def utf16(workspace: Path, name: str) -> None:
    """A template in UTF-16."""
    (workspace / name).write_text("Resources: {}\n", encoding="utf-16")


def deep(workspace: Path, given: list[object]) -> None:
    """A template nested so deep: name, depth."""
    name, depth = given
    (workspace / str(name)).write_text(f"Resources: {'[' * int(str(depth))}\n")


def flow_list(workspace: Path, given: list[object]) -> None:
    """A template with one list of so many empty lists on one line: name, number."""
    name, count = given
    (workspace / str(name)).write_text(f"Resources: [{'[],' * int(str(count))}]\n")


def laughs(workspace: Path, name: str) -> None:
    """A template of 10^9 nodes in nine lines."""
    lines = ["Resources: {}", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (workspace / name).write_text("\n".join(lines) + "\n")


def no_source(workspace: Path, _: None) -> None:
    """The folder `function` without anything in it."""
    for path in sorted((workspace / "function").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def honest_zip(workspace: Path, name: str) -> None:
    """A zip as a build tool makes it, of the folder `function`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted((workspace / "function").rglob("*")):
            if path.is_file() and path.name != ".env":
                archive.write(path, path.relative_to(workspace / "function").as_posix())
    (workspace / name).write_bytes(buffer.getvalue())


def event(workspace: Path, given: str) -> None:
    """The event file, as this text; "missing" and "huge" are special."""
    path = workspace.parent / "event-of-the-case.json"
    if given == "huge":
        with path.open("wb") as file:
            file.truncate(50 * 1024 * 1024)
    elif given != "missing":
        path.write_text(given)
