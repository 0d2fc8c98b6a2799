"""The strict zip reader, beside one by the index and one by the headers: all three must agree."""

from __future__ import annotations

import dataclasses
import os
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fuzz.shared import assert_printable
from signed_lambda.errors import ZipError
from signed_lambda.package import read_zip
from tests.unit.package import zip_bytes as z

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 4_096
WORDS: Final = (
    *(b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08"),
    *(b"../", b"/", b"\\", b"\0", b"\xff\xff", b"\xff\xff\xff\xff", b"UT\x05\0", b"up", b"\x01\0"),
)
HERE: Final = Path(tempfile.mkdtemp(prefix="fuzz-")) / "package.zip"
CONTENTS: Final = (b"", b"a = 1\n", b"x" * 700, b"../app.py", b"app.py", b"lib", b"/etc")
EXTRAS: Final = (z.extra(0x7075, b"\1"), z.extra(1, bytes(8)))  # noqa: S610 - not Django's
NAMES: Final = (b"app.py", b"lib", b"lib/", b"lib/a.py", b"lib/a.py/b", "ü.py".encode(), b"A.PY")


def seeds() -> Iterator[bytes]:
    """One of each form that is taken, and some that are refused."""
    part, packed = z.Part(), z.Part(name=b"lib/b.js", method=8, content=b"x" * 300)
    for parts in (
        (),
        (part,),
        (packed,),
        (part, packed, z.link(b"a", b"app.py"), z.folder(b"lib/")),
        (z.streamed(packed), z.streamed(part, with_signature=False)),
        (z.Part(name="ü".encode(), flags=0x800),),
        (z.Part(extra=z.unicode_path(b"app.py", b"b.py")),),
        (part, part),
        (z.link(b"a", b"b"), z.link(b"b", b"a")),
    ):
        yield z.Zip(parts=parts).build()
    yield z.Zip(comment=b"PK\5\6").build()
    for lie in ({"local_name": b"bpp.py"}, {"local_flags": 8}, {"local_size": 3}, {"after": b"PK"}):
        yield z.Zip(parts=(dataclasses.replace(part, **lie), packed)).build()


def check(data: bytes) -> None:
    """It is refused with an error of the reader's own, or other readers see the same files."""
    HERE.write_bytes(data)
    try:
        contents = read_zip(HERE)
    except ZipError as error:
        assert_printable(error)
        return
    bodies = {entry.name: b"".join(chunks) for entry, chunks in contents.bodies()}

    with zipfile.ZipFile(HERE) as other:
        assert other.namelist() == [entry.name for entry in contents.entries]
        for name in other.namelist():
            assert other.read(name) == bodies[name]
    assert by_headers(data) == bodies
    for entry in contents.entries:
        inside = os.path.normpath(os.path.join("/at", entry.name))  # noqa: PTH118 - text only
        assert inside.startswith("/at/"), entry


def by_headers(data: bytes) -> dict[str, bytes]:
    """The files as a reader sees them that never looks at the index."""
    found: dict[str, bytes] = {}
    at = 0
    while data.startswith(b"PK\3\4", at):
        header = struct.unpack_from("<4s5H3L2H", data, at)
        _, _, flags, method, _, _, _, packed, _, name_bytes, extra_bytes = header
        start = at + 30 + name_bytes + extra_bytes
        name = data[at + 30 : at + 30 + name_bytes].decode()
        if method == 8:
            inflated = zlib.decompressobj(-15)
            found[name] = inflated.decompress(data[start:])
            at = len(data) - len(inflated.unused_data)
        else:
            found[name] = data[start : start + packed]
            at = start + packed
        if flags & 8:
            at += 16 if data.startswith(b"PK\7\x08", at) else 12
    return found


def mutated(data: bytes, random: Random) -> bytes:
    """A new zip of honest and lying parts: its two headers seldom agree by chance."""
    del data

    def lie(*values: int) -> int | None:
        return random.choice(values) if random.random() < 0.03 else None

    def part() -> z.Part:
        made = z.Part(
            name=random.choice(NAMES),
            content=random.choice(CONTENTS),
            method=random.choice((0, 8)),
            flags=random.choice((0, 0, 0, 0x800, 1, 8)),
            external=random.choice((z.FILE, z.PROGRAM, z.LINK, z.FOLDER, 0, 0o010644 << 16)),
            made_by=random.choice((z.UNIX, z.UNIX, z.DOS)),
            extra=random.choice((b"", b"", b"", *EXTRAS)),
            crc=lie(0, 1),
            size=lie(0, 1, 2**32 - 1, 2**31),
            compressed=lie(0, 1, 2**32 - 1),
            offset=lie(0, 30, 2**32 - 1),
            local_flags=lie(0, 8, 0x800),
            local_size=lie(0, 5),
            after=b"PK" if random.random() < 0.02 else b"",
        )
        return z.streamed(made, with_signature=random.random() < 0.5) if made.flags == 8 else made

    return z.Zip(
        parts=tuple(part() for _ in range(random.randint(0, 4))),
        before=random.choice((b"", b"", b"", b"#!")),
        comment=random.choice((b"", b"", b"PK\5\6")),
        entries=lie(0, 1, 65_535),
        index_bytes=lie(0, 46, 2**32 - 1),
        index_offset=lie(0, 30, 2**32 - 1),
    ).build()
