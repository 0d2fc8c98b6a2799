"""The same files give the same bytes, whoever packs them, and nothing else is in them."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import hashlib
import lzma
import os
import random
import resource
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import GOLDEN_TREE, Place, as_nobody, golden, ids, left_out, names, sealed_off, walkable

from signed_lambda.errors import SourceError, ZipError
from signed_lambda.model import Compression
from signed_lambda.package import compare, pack, read_zip, reopen
from signed_lambda.package.layout import DEFLATED, STORED
from signed_lambda.package.worker import PACKED_MAGICS
from signed_lambda.package.workspace import open_beneath

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_package_tells_what_was_written(place: Place) -> None:
    golden(place)

    package = place.pack()

    raw = package.path.read_bytes()
    assert package.sha256.digest == hashlib.sha256(raw).digest()
    assert package.size_bytes == len(raw)
    assert package.unzipped_bytes == sum(map(len, GOLDEN_TREE.values())) + len("../app.py")
    assert names(package) == sorted(names(package), key=str.encode)
    assert package.source_sha256 is None
    assert stat.S_IMODE(package.path.stat().st_mode) == 0o600
    assert package.path.parent == place.into


def test_every_field_that_is_not_content_is_constant(place: Place) -> None:
    golden(place)

    with zipfile.ZipFile(place.pack().path) as file:
        infos = file.infolist()
        comment = file.comment

    assert comment == b""
    for info in infos:
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert (info.create_system, info.create_version, info.extract_version) == (3, 20, 20)
        assert (info.extra, info.comment, info.internal_attr, info.volume) == (b"", b"", 0, 0)
        assert info.flag_bits == (0 if info.filename.isascii() else 0x800)
        assert info.external_attr & 0xFFFF == 0
    assert {i.filename: i.external_attr >> 16 for i in infos} == {
        "app.py": 0o100644,
        "bin/link": 0o120777,
        "bin/run": 0o100755,
        "data/large.txt": 0o100644,
        "data/logo.png": 0o100644,
        "data/random": 0o100644,
        "data/short": 0o100644,
        "data/text": 0o100644,
        "data/zeros": 0o100644,
        "empty": 0o100644,
        "umlaut-\u00fc.txt": 0o100644,
    }


def test_what_does_not_get_smaller_is_stored(place: Place) -> None:
    golden(place)

    with zipfile.ZipFile(place.pack().path) as file:
        stored = {i.filename for i in file.infolist() if i.compress_type == zipfile.ZIP_STORED}

    small = {"empty", "umlaut-\u00fc.txt", "bin/run"}
    assert stored == {"bin/link", "data/logo.png", "data/random", *small}


def test_a_link_is_stored_even_if_packing_made_it_smaller(place: Place) -> None:
    place.fill({"a" * 200: b""})
    (place.dist / "l").symlink_to("./" * 50 + "a" * 200)

    with zipfile.ZipFile(place.pack().path) as file:
        assert file.getinfo("l").compress_type == zipfile.ZIP_STORED


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs Info-ZIP's unzip")
def test_unzip_unpacks_what_was_packed(place: Place, tmp_path: Path) -> None:
    golden(place)
    package = place.pack()
    out = tmp_path / "out"

    subprocess.run(["unzip", "-q", package.path, "-d", out], check=True)

    for name, content in GOLDEN_TREE.items():
        assert (out / name).read_bytes() == content
    assert (out / "bin" / "link").readlink() == Path("../app.py")
    assert os.access(out / "bin" / "run", os.X_OK)
    assert not (out / "app.py").stat().st_mode & 0o111


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs Info-ZIP's zip")
def test_the_zip_is_nearly_as_small_as_that_of_zip_6(place: Place) -> None:
    library = Path(hashlib.__file__).parent
    place.fill({p.name: p.read_bytes() for p in sorted(library.glob("*.py"))})
    subprocess.run(["zip", "-q", "-6", "-X", "-r", "../other.zip", "."], cwd=place.dist, check=True)

    package = place.pack()

    assert package.size_bytes <= (place.workspace / "other.zip").stat().st_size * 1.025


CHANCE = random.Random(7)
PHRASES = [b" ".join(b"%x" % CHANCE.randrange(900) for _ in range(n)) for n in range(2, 120)]
WORDS = b" ".join(CHANCE.choice(PHRASES)[CHANCE.randrange(9) :] for _ in range(1_000))


@pytest.mark.parametrize(
    ("content", "level"),
    [
        (WORDS[:8_191], 1),
        (WORDS[:8_192], 5),
        (WORDS[:65_535], 5),
        (WORDS[:65_536], 4),
        (WORDS[:1_023] + b"\0" + WORDS[1_024:], 5),
        (WORDS[:1_024] + b"\0" + WORDS[1_025:], 4),
        (b"PK\x03\x04" + WORDS, 4),
    ],
    ids=["brief", "file", "text", "large text", "binary", "late NUL", "zip"],
)
def test_the_level_follows_from_the_content(place: Place, content: bytes, level: int) -> None:
    sizes = {len(deflate.deflate_compress(content, level)) for level in (1, 4, 5)}
    assert len(sizes) == 3  # or the test would not tell them apart
    place.fill({"it": content})

    [where] = place.pack().places

    assert (where.method, where.compressed_bytes) == (
        DEFLATED,
        len(deflate.deflate_compress(content, level)),
    )


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress])
def test_what_packers_make_is_known_for_packed(packer: Callable[[bytes], bytes]) -> None:
    assert packer(WORDS).startswith(PACKED_MAGICS)


@pytest.mark.parametrize("magic", PACKED_MAGICS, ids=repr)
def test_what_is_packed_already_is_stored_unless_every_byte_counts(
    place: Place, magic: bytes
) -> None:
    place.fill({"it": magic + bytes(90_000)})

    methods = {c: place.pack(compression=c).places[0].method for c in get_args(Compression)}

    assert methods == {"fast": STORED, "default": STORED, "small": DEFLATED}


Tree = dict[str, tuple[bytes, int, bool]]
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def without_clashes(tree: Tree) -> Tree:
    """Without names that are folders of other names."""
    return {n: v for n, v in tree.items() if not any(o.startswith(f"{n}/") for o in tree)}


def portable(name: str) -> bool:
    return name not in {".", ".."} and not set(name) & (BIDI | set("/\\:"))


TREES = st.dictionaries(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=6
        ).filter(portable),
        min_size=1,
        max_size=3,
    ).map("/".join),
    st.tuples(st.binary(max_size=300), st.integers(1, 50), st.booleans()),
    min_size=1,
    max_size=8,
).map(without_clashes)


def plant(place: Place, tree: Tree, seed: int) -> None:
    """The tree in an order, with times and a umask, that depend on the seed."""
    chance = random.Random(seed)
    items = list(tree.items())
    chance.shuffle(items)
    umask = os.umask(chance.choice([0o000, 0o022, 0o077]))
    try:
        for name, (content, times, executable) in items:
            place.fill({name: content * times})
            path = place.dist / name
            path.chmod(path.stat().st_mode & ~0o111 | (0o100 if executable else 0))
            os.utime(path, (chance.randrange(2**32), chance.randrange(2**32)))
    finally:
        os.umask(umask)


@given(tree=TREES, seed=st.integers(0, 2**16))
def test_the_same_files_give_the_same_bytes_and_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, tree: Tree, seed: int
) -> None:
    first = Place.beneath(tmp_path_factory.mktemp("a"))
    second = Place.beneath(tmp_path_factory.mktemp("longer") / "path")
    plant(first, tree, seed)
    plant(second, tree, seed + 1)

    package, again = (p.pack(allow_secret_files=True) for p in (first, second))

    assert package.path.read_bytes() == again.path.read_bytes()
    contents = read_zip(package.path)
    assert compare(package, contents, added=()) == ()
    expected = {n: v for n, v in tree.items() if n not in left_out(package)}
    bodies = {entry.name: b"".join(chunks) for entry, chunks in contents.bodies()}
    assert bodies == {name: content * times for name, (content, times, _) in expected.items()}
    modes = {entry.name: entry.mode for entry in contents.entries}
    assert modes == {
        n: 0o755 if executable else 0o644 for n, (_, _, executable) in expected.items()
    }
    with zipfile.ZipFile(package.path) as file:
        assert {n: file.read(n) for n in file.namelist()} == bodies


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_locale_hash_seed_and_folder_do_not_matter(
    place: Place, tmp_path: Path, locale: str
) -> None:
    golden(place)
    script = (
        "import sys; from pathlib import Path; from signed_lambda.package import pack\n"
        f"w, i = Path({str(place.workspace)!r}), Path({str(place.into)!r})\n"
        "print(pack(Path('dist'), workspace=w, into=i).sha256.hex)"
    )
    source = Path(sys.modules["signed_lambda"].__file__ or "").parents[1]

    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": str(source), "LC_ALL": locale, "PYTHONHASHSEED": seed},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "1")
    }

    assert answers == {place.pack().sha256.hex}


# -- where the source may be


def test_an_absolute_path_inside_the_workspace_is_taken(place: Place) -> None:
    place.fill({"app.py": b""})

    package = pack(place.dist, workspace=place.workspace, into=place.into)

    assert package.source == str(place.dist)


def test_the_workspace_itself_may_be_the_source(place: Place) -> None:
    place.fill({"app.py": b""})

    package = pack(Path(), workspace=place.workspace, into=place.into)

    assert names(package) == ["dist/app.py"]


def test_a_link_within_the_workspace_may_name_the_source(place: Place) -> None:
    place.fill({"app.py": b""})
    (place.workspace / "current").symlink_to("dist")

    assert names(place.pack("current")) == ["app.py"]


@pytest.mark.parametrize("source", ["../outside", "dist/../../outside", "/etc", "..", "/"])
def test_a_source_outside_the_workspace_is_refused(place: Place, source: str) -> None:
    (place.workspace.parent / "outside").mkdir()

    error = place.refused(source)

    assert ids(error) == ["E-SOURCE-02"]
    assert "outside the workspace" in str(error)


def test_a_source_outside_that_is_not_there_is_not_looked_for(place: Place) -> None:
    assert ids(place.refused("../nothing")) == ["E-SOURCE-02"]


@pytest.mark.parametrize("target", ["../outside", "/etc"])
def test_a_source_that_leaves_the_workspace_by_a_link_is_refused(place: Place, target: str) -> None:
    (place.workspace.parent / "outside").mkdir()
    (place.workspace / "out").symlink_to(target)

    assert ids(place.refused("out")) == ["E-SOURCE-02"]
    assert "resolves to" in str(place.refused("out"))


def test_a_missing_source_tells_what_is_there(place: Place) -> None:
    (place.workspace / "src").mkdir()
    (place.workspace / "README.md").touch()

    error = place.refused("build")

    assert ids(error) == ["E-SOURCE-01"]
    assert "not found; the workspace has: README.md, dist/, src/" in str(error)


def test_a_missing_source_deeper_tells_what_is_in_the_folder_above(place: Place) -> None:
    place.fill({f"f{n}": b"" for n in range(12)})

    error = place.refused("dist/build/out")

    assert "dist/ has: f0, f1, f10" in str(error)
    assert "and 2 more" in str(error)


def test_a_missing_source_in_an_empty_workspace_is_told(place: Place) -> None:
    place.dist.rmdir()

    assert "the workspace has: nothing" in str(place.refused())


def test_a_source_beneath_a_file_is_missing(place: Place) -> None:
    place.fill({"app.py": b""})

    assert ids(place.refused("dist/app.py/x")) == ["E-SOURCE-01"]


def test_a_source_that_is_a_loop_of_links_is_refused(place: Place) -> None:
    (place.workspace / "loop").symlink_to("loop")

    assert ids(place.refused("loop")) == ["E-SOURCE-16"]


@pytest.mark.parametrize("swapped", ["build", "build/out"])
def test_a_link_put_in_the_way_after_the_look_is_not_followed(place: Place, swapped: str) -> None:
    (place.workspace / "build" / "out").mkdir(parents=True)
    base = place.workspace.resolve()
    path = (place.workspace / "build" / "out").resolve()
    (place.workspace / swapped).rename(place.workspace / "moved")
    (place.workspace / swapped).symlink_to(place.workspace / "moved")

    with pytest.raises(SourceError) as caught:
        open_beneath(base, path, Path("build/out"))

    assert ids(caught.value) == (["E-SOURCE-11"] if swapped == "build" else ["E-SOURCE-06"])


def test_a_source_in_a_sealed_folder_is_told(place: Place) -> None:
    sealed = place.workspace / "sealed"
    (sealed / "src").mkdir(parents=True)
    with walkable(place.workspace), sealed_off(sealed), as_nobody():
        error = place.refused("sealed/src")

    assert ids(error) == ["E-SOURCE-07"]
    assert "Permission denied" in str(error)


def test_a_zip_that_is_sealed_is_told(place: Place) -> None:
    (place.workspace / "a.zip").touch()
    with walkable(place.workspace), sealed_off(place.workspace / "a.zip"), as_nobody():
        error = place.refused("a.zip")

    assert ids(error) == ["E-SOURCE-07"]


def test_a_special_file_as_source_is_refused_and_not_opened(place: Place) -> None:
    os.mkfifo(place.workspace / "pipe.zip")

    assert ids(place.refused("pipe.zip")) == ["E-SOURCE-06"]


@pytest.mark.parametrize("name", ["app.py", "build.tar.gz", "zip"])
def test_a_file_that_is_not_called_zip_is_refused(place: Place, name: str) -> None:
    place.fill({name: b"PK"})

    assert ids(place.refused(f"dist/{name}")) == ["E-SOURCE-17"]


def test_zips_are_never_written_into_the_source(place: Place) -> None:
    inside = place.dist / "tmp"
    inside.mkdir()

    with pytest.raises(ValueError, match="lies in the source"):
        pack(place.dist, workspace=place.workspace, into=inside)

    assert list(inside.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(place: Place) -> None:
    place.fill({"noise": hashlib.shake_128(b"x").digest(200_000)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        error = place.refused()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert ids(error) == ["E-SOURCE-12"]
    assert "bytes are free there" in str(error)


def test_other_failures_of_the_disk_are_not_called_full(place: Place) -> None:
    place.fill({"app.py": b""})
    place.into.rmdir()

    with pytest.raises(OSError, match="No such file") as caught:
        place.pack()

    assert caught.value.errno == errno.ENOENT


def test_packing_leaves_the_workspace_as_it_was(place: Place) -> None:
    golden(place)
    before = {p: p.lstat() for p in place.workspace.rglob("*")}

    place.pack()

    after = {p: p.lstat() for p in place.workspace.rglob("*")}
    assert after.keys() == before.keys()
    assert all(
        after[p].st_mtime_ns == before[p].st_mtime_ns and after[p].st_ino == before[p].st_ino
        for p in before
    )


def test_the_library_gives_the_same_bytes_for_bytes_and_bytearrays() -> None:
    content = b"abc" * 1_000

    assert deflate.deflate_compress(content, 6) == deflate.deflate_compress(bytearray(content), 6)


def test_two_packs_into_one_folder_do_not_meet(place: Place) -> None:
    place.fill({"app.py": b""})

    first, second = place.pack(), place.pack()

    assert first.path != second.path
    assert first.sha256 == second.sha256
    with contextlib.suppress(FileNotFoundError):
        first.path.unlink()
    assert second.path.exists()


def test_a_package_that_was_made_here_is_opened_again_with_the_same_entries(
    tmp_path: Path,
) -> None:
    place = Place.beneath(tmp_path)
    place.fill({"app.py": b"x = 1\n" * 9000, "lib/b.json": b"{}"})
    (place.dist / "link.py").symlink_to("app.py")
    package = place.pack()

    again = reopen(package)

    assert again == read_zip(package.path)
    assert [b"".join(c) for e, c in again.bodies() if e.name == "app.py"] == [b"x = 1\n" * 9000]
    with again.opened() as whole:
        assert [whole(e) for e in again.entries] == [b"".join(c) for _, c in again.bodies()]


def test_a_package_that_changed_since_is_noticed_when_it_is_read_again(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    place.fill({"app.py": b"x = 1\n", "b.py": b"y = 2\n"})
    package = place.pack()
    data = bytearray(package.path.read_bytes())
    data[data.index(b"app.py") + len("app.py")] ^= 1
    package.path.write_bytes(data)
    again = reopen(package)

    with pytest.raises(ZipError) as caught:
        [b"".join(chunks) for _, chunks in again.bodies()]

    assert ids(caught.value) == ["E-ZIP-17"]


@pytest.mark.parametrize("content", [b"x = 1\n", b"x = 1\n" * 9000], ids=["stored", "deflated"])
@pytest.mark.parametrize("bit", [1, 0x80])
def test_a_whole_body_that_changed_since_is_not_given(
    tmp_path: Path, content: bytes, bit: int
) -> None:
    place = Place.beneath(tmp_path)
    place.fill({"app.py": content})
    package = place.pack()
    data = bytearray(package.path.read_bytes())
    data[data.index(b"app.py") + len("app.py")] ^= bit
    package.path.write_bytes(data)
    again = reopen(package)

    with again.opened() as whole, pytest.raises(ZipError) as caught:
        whole(again.entries[0])

    assert ids(caught.value) == ["E-ZIP-17"]


def test_a_link_that_changed_since_it_was_packed_is_noticed(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    place.fill({"app.py": b""})
    (place.dist / "link.py").symlink_to("app.py")
    package = place.pack()
    data = bytearray(package.path.read_bytes())
    data[data.index(b"link.pyapp.py") + len("link.py")] ^= 1
    package.path.write_bytes(data)

    with pytest.raises(ZipError) as caught:
        reopen(package)

    assert ids(caught.value) == ["E-ZIP-17"]
