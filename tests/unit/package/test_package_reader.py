"""The strict reader takes what ordinary tools write, and says exactly what is in it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zip_bytes import DOS, FILE, PROGRAM, Part, Zip, deflated, extra, folder, link, streamed
from zip_bytes import unicode_path as unicode_path_field

from signed_lambda.errors import ZipError
from signed_lambda.model import Place
from signed_lambda.package import SIGNED_LIMITS, Limits, ZipContents, read_zip
from signed_lambda.package.contents import CHUNK_BYTES, ContentError, Identity, content
from signed_lambda.package.reader import _Reader

PACKED = Part(method=8)


def read(tmp_path: Path, *parts: Part) -> ZipContents:
    path = tmp_path / "given.zip"
    path.write_bytes(Zip(parts=parts).build())
    return read_zip(path)


def body(contents: ZipContents, name: str) -> bytes:
    entry = next(e for e in contents.entries if e.name == name)
    return b"".join(contents.chunks(entry))


def test_an_entry_is_told_by_name_kind_mode_size_hash_and_place(tmp_path: Path) -> None:
    parts = (Part(name=b"run", external=PROGRAM), folder(b"d/"), link(b"d/l", b"../run"))

    contents = read(tmp_path, *parts)

    told = [
        (e.name, e.kind, e.mode, e.size_bytes, e.link_target, e.order) for e in contents.entries
    ]
    assert told == [
        ("run", "file", 0o755, 36, "", 0),
        ("d/", "directory", 0o755, 0, "", 1),
        ("d/l", "link", 0o777, 6, "../run", 2),
    ]
    assert contents.entries[0].sha256.digest == hashlib.sha256(parts[0].content).digest()
    assert contents.entries[2].sha256.digest == hashlib.sha256(b"../run").digest()


@pytest.mark.parametrize(
    "part",
    [
        PACKED,
        Part(content=b""),
        Part(method=8, content=b""),
        streamed(PACKED),
        streamed(PACKED, with_signature=False),
        streamed(Part(method=8, content=b"")),
        streamed(Part(content=b"")),
        replace(streamed(PACKED), local_crc=None, local_size=None, local_compressed=None),
        replace(streamed(Part()), local_crc=None, local_size=None, local_compressed=None),
        Part(flags=2 | 4),
        Part(internal=1),
        Part(version=45),
        Part(flags=1 << 11),
        Part(extra=extra(0x5455, b"\3" + bytes(8)), local_extra=extra(0x5455, b"\3" + bytes(4))),
        Part(extra=unicode_path_field(b"app.py", b"app.py")),
        Part(extra=extra(0xCAFE, b"")),
        Part(time=0x5000, date=0x5000),
        Part(external=0, made_by=DOS),
        Part(external=FILE, made_by=DOS),
        Part(external=0o600 << 16),
        Part(external=0o104755 << 16),
    ],
)
def test_forms_of_ordinary_tools_are_taken(tmp_path: Path, part: Part) -> None:
    contents = read(tmp_path, part, Part(name=b"z"))

    assert [e.name for e in contents.entries] == ["app.py", "z"]
    assert body(contents, "app.py") == part.content


@pytest.mark.parametrize(
    ("part", "mode"),
    [
        (Part(external=0, made_by=DOS), None),
        (Part(external=FILE, made_by=DOS), None),
        (Part(external=0), None),
        (Part(external=0o600 << 16), 0o600),
        (Part(external=0o104755 << 16), 0o4755),
        (Part(external=PROGRAM, made_by=19 << 8 | 20), None),
    ],
)
def test_the_mode_is_none_where_the_zip_has_none(
    tmp_path: Path, part: Part, mode: int | None
) -> None:
    assert read(tmp_path, part).entries[0].mode == mode


def test_a_folder_as_java_writes_it_is_taken(tmp_path: Path) -> None:
    java = streamed(
        Part(name=b"META_INF/", method=8, content=b"", external=0, made_by=DOS, flags=1 << 11)
    )

    contents = read(tmp_path, java, Part(name=b"META_INF/x"))

    assert [e.kind for e in contents.entries] == ["directory", "file"]


def test_a_link_to_an_empty_folder_is_taken(tmp_path: Path) -> None:
    contents = read(tmp_path, folder(b"d/"), link(b"l", b"d"))

    assert [e.link_target for e in contents.entries] == ["", "d"]


def test_a_link_of_the_greatest_length_is_taken(tmp_path: Path) -> None:
    target = b"./" * 2_047 + b"b"

    contents = read(tmp_path, Part(name=b"b"), link(b"l", target))

    assert contents.entries[1].link_target == target.decode()


@pytest.mark.parametrize("flags", [0, 1], ids=["taken", "refused"])
def test_no_file_stays_open(tmp_path: Path, flags: int) -> None:
    before = _open_files()

    with contextlib.suppress(ZipError):
        contents = read(tmp_path, Part(flags=flags), Part(name=b"z"))
        assert body(contents, "z") == Part().content
        assert len(list(contents.bodies())) == 2
        os.utime(contents.path, (1, 1))
        body(contents, "z")

    assert _open_files() == before


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_zip_without_entries_is_read_as_such(tmp_path: Path) -> None:
    assert read(tmp_path).entries == ()


def test_names_that_differ_by_case_or_form_are_noted(tmp_path: Path) -> None:
    utf8 = 1 << 11
    parts = [Part(name=n.encode(), flags=utf8) for n in ("A", "a", "\u00e9", "e\u0301")]

    notes = read(tmp_path, *parts).notes

    assert "A and a differ only by case" in notes[0]
    assert "Unicode normal form" in notes[1]


def test_many_twins_are_counted(tmp_path: Path) -> None:
    parts = [Part(name=b"%s%d" % (c, n)) for n in range(9) for c in (b"a", b"A")]

    notes = read(tmp_path, *parts).notes

    assert len(notes) == 6
    assert notes[-1].startswith("4 more names")


def test_what_python_writes_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "python.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("app.py", "x = 1\n" * 100)
        file.writestr("é.txt", "é")
        file.mkdir("empty")

    contents = read_zip(path)

    assert [(e.name, e.kind) for e in contents.entries] == [
        ("app.py", "file"),
        ("é.txt", "file"),
        ("empty/", "directory"),
    ]


def test_what_python_writes_to_a_pipe_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "piped.zip"
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("app.py", "x = 1\n" * 100)
    with os.fdopen(reading, "rb") as pipe:
        path.write_bytes(pipe.read())

    assert body(read_zip(path), "app.py") == b"x = 1\n" * 100


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs Info-ZIP's zip")
def test_what_info_zip_writes_is_taken(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "lib").mkdir(parents=True)
    (tree / "app.py").write_text("x = 1\n" * 100)
    (tree / "lib" / "link").symlink_to("../app.py")
    subprocess.run(["zip", "-q", "-r", "-y", "../made.zip", "."], cwd=tree, check=True)

    contents = read_zip(tmp_path / "made.zip")

    assert {e.name: e.kind for e in contents.entries} == {
        "app.py": "file",
        "lib/": "directory",
        "lib/link": "link",
    }


@pytest.mark.parametrize(
    "size",
    # The last but one: all packed zeros are read, and zlib still holds back some bytes.
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, CHUNK_BYTES + 21, 3 * CHUNK_BYTES],
)
@pytest.mark.parametrize("method", [0, 8])
@pytest.mark.parametrize("kind", ["noise", "zeros"])
def test_sizes_around_a_chunk_are_read_whole(
    tmp_path: Path, kind: str, size: int, method: int
) -> None:
    noise = hashlib.shake_128(b"seed").digest(size) if kind == "noise" else bytes(size)

    contents = read(tmp_path, Part(content=noise, method=method), Part(name=b"z"))

    assert body(contents, "app.py") == noise


@given(text=st.binary(max_size=2000), times=st.integers(1, 2000))
def test_any_content_is_read_whole(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, times: int
) -> None:
    contents = read(tmp_path_factory.mktemp("zip"), Part(content=text * times, method=8))

    assert body(contents, "app.py") == text * times


def test_bodies_come_in_order_and_need_not_be_read(tmp_path: Path) -> None:
    contents = read(tmp_path, Part(name=b"b", content=b"1"), Part(name=b"a", content=b"2"))

    skipped = [entry.name for entry, _ in contents.bodies()]
    whole = [b"".join(chunks) for _, chunks in contents.bodies()]

    assert skipped == ["b", "a"]
    assert whole == [b"1", b"2"]


def test_a_zip_exchanged_after_it_was_read_gives_no_bodies(tmp_path: Path) -> None:
    contents = read(tmp_path, Part())
    other = tmp_path / "other.zip"
    other.write_bytes(Zip(parts=(Part(content=b"evil"),)).build())
    other.replace(contents.path)

    with pytest.raises(ZipError, match="E-ZIP-17"):
        body(contents, "app.py")


def test_a_zip_touched_after_it_was_read_gives_no_bodies(tmp_path: Path) -> None:
    contents = read(tmp_path, Part())
    os.utime(contents.path, (1, 1))

    with pytest.raises(ZipError, match="E-ZIP-17"):
        next(contents.bodies())


def test_a_zip_removed_after_it_was_read_gives_no_bodies(tmp_path: Path) -> None:
    contents = read(tmp_path, Part())
    contents.path.unlink()

    with pytest.raises(ZipError, match="E-ZIP-17"):
        list(contents.bodies())


@pytest.mark.parametrize("part", [Part(), PACKED])
def test_a_zip_changed_while_bodies_are_read_never_gives_a_whole_body(
    tmp_path: Path, part: Part
) -> None:
    contents = read(tmp_path, part)
    bodies = contents.bodies()
    _, chunks = next(bodies)
    raw = bytearray(contents.path.read_bytes())
    raw[40] ^= 0xFF
    contents.path.write_bytes(raw)

    with pytest.raises(ZipError, match="E-ZIP-17"):
        b"".join(chunks)


@pytest.mark.parametrize("calls", range(1, 7))
@pytest.mark.parametrize("act", ["touch", "cut", "empty"])
def test_a_zip_changed_while_it_is_read_is_refused(tmp_path: Path, act: str, calls: int) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(Zip().build())
    made = []

    class Meddled(_Reader):
        def _read(self, size: int, at: int) -> bytes:
            made.append(at)
            if len(made) == calls and act == "touch":
                os.utime(path, (size, at))
            elif len(made) == calls:
                os.truncate(path, 50 if act == "cut" else 0)
            return super()._read(size, at)

    fd = os.open(path, os.O_RDONLY)
    try:
        reader = Meddled(fd, path, "given.zip", SIGNED_LIMITS, Identity.of(fd), {})
        with pytest.raises(ZipError, match="E-ZIP-17"):
            reader.contents()
    finally:
        os.close(fd)

    assert len(made) >= calls


def test_an_index_longer_than_one_read_is_taken_whole(tmp_path: Path) -> None:
    names = [f"{number:04}-{'n' * 150}.py" for number in range(2 * CHUNK_BYTES // 200)]

    contents = read(tmp_path, *(Part(name=name.encode()) for name in names))

    assert [e.name for e in contents.entries] == names
    assert contents.size_bytes > sum(map(len, names)) * 2 > CHUNK_BYTES * 2


def test_a_zip_that_gets_shorter_while_it_is_read_is_cut_off() -> None:
    place = Place(method=0, offset=0, compressed_bytes=5, size_bytes=5, crc=0)
    raw = b"abc"

    with pytest.raises(ContentError, match="cut off"):
        list(content(lambda size, at: raw[at : at + size], place))


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")

    with pytest.raises(ZipError, match="not a regular file"):
        read_zip(tmp_path / "pipe.zip")


def test_a_zip_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ZipError, match="cannot be opened"):
        read_zip(tmp_path / "none.zip")


def test_content_of_the_same_crc_and_another_hash_is_not_given(tmp_path: Path) -> None:
    contents = read(tmp_path, Part(content=b"plumless"))
    bodies = contents.bodies()
    _, chunks = next(bodies)
    raw = contents.path.read_bytes().replace(b"plumless", b"buckeroo")
    contents.path.write_bytes(raw)

    with pytest.raises(ZipError, match="E-ZIP-17"):
        b"".join(chunks)


def test_a_full_build_with_signers_two_entries_is_within_the_limits_of_a_signed_zip() -> None:
    assert SIGNED_LIMITS.entries == 50_002
    assert SIGNED_LIMITS.unzipped_bytes > 262_144_000


def test_limits_are_inclusive(tmp_path: Path) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(Zip(parts=(Part(), Part(name=b"b"))).build())
    limits = Limits(unzipped_bytes=72, entries=2, zip_bytes=path.stat().st_size)

    assert len(read_zip(path, limits=limits).entries) == 2


@given(data=st.data())
def test_no_bytes_whatever_bring_the_reader_down(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    parts = (PACKED, streamed(Part(name=b"s", method=8)), link(b"l", b"s"), folder(b"d/"))
    raw = bytearray(Zip(parts=parts).build())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("zip") / "given.zip"
    path.write_bytes(raw)
    try:
        contents = read_zip(path)
    except ZipError:
        return

    with zipfile.ZipFile(path) as file:
        assert [e.name for e in contents.entries] == file.namelist()
        for entry in contents.entries:
            assert body(contents, entry.name) == file.read(entry.name)


def test_an_end_mark_alone_in_the_last_chunk_is_read(tmp_path: Path) -> None:
    def block(size: int, *, last: bool = False) -> bytes:
        head = bytes([last]) + size.to_bytes(2, "little") + (65_535 - size).to_bytes(2, "little")
        return head + bytes(size)

    data = block(65_535) * 3 + block(CHUNK_BYTES - 3 * 65_540 - 5)
    assert len(data) == CHUNK_BYTES
    size = 3 * 65_535 + CHUNK_BYTES - 3 * 65_540 - 5

    part = Part(method=8, content=bytes(size), data=data + block(0, last=True))

    assert len(body(read(tmp_path, part), "app.py")) == size


def test_a_chunk_behind_a_stream_that_fills_its_chunks_is_refused(tmp_path: Path) -> None:
    def block(size: int, *, last: bool) -> bytes:
        head = bytes([last]) + size.to_bytes(2, "little") + (65_535 - size).to_bytes(2, "little")
        return head + bytes(size)

    rest = CHUNK_BYTES - 3 * 65_540 - 5
    data = block(65_535, last=False) * 3 + block(rest, last=True)
    part = Part(method=8, content=bytes(3 * 65_535 + rest), data=data + b"evil")

    with pytest.raises(ZipError, match="bytes behind the end"):
        read(tmp_path, part)


def test_packed_data_may_come_in_any_blocks(tmp_path: Path) -> None:
    zeros = bytes(700_000)
    stored_blocks = b"".join(
        bytes([block == 10])
        + (65_000).to_bytes(2, "little")
        + (535).to_bytes(2, "little")
        + bytes(65_000)
        for block in range(11)
    )

    contents = read(
        tmp_path,
        Part(name=b"a", method=8, content=zeros),
        Part(name=b"b", method=8, content=bytes(715_000), data=stored_blocks),
        Part(name=b"c", method=8, content=b"", data=deflated(b"")),
    )

    assert [e.size_bytes for e in contents.entries] == [700_000, 715_000, 0]
