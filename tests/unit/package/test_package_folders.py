"""Hostile folders: what cannot or must not be packed is refused by id, and nothing is written."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from trees import Place, as_nobody, ids, left_out, names, sealed_off, walkable

from signed_lambda.errors import DeadlineError, SourceError
from signed_lambda.package import LAMBDA_LIMITS, Limits
from signed_lambda.package import names as names_module
from signed_lambda.package.folder import Folder
from signed_lambda.package.listing import Survey, settle
from signed_lambda.package.rules import Rules
from signed_lambda.package.worker import FOLDER_FLAGS, ChangedError, read_unchanged, stamp_of

APP = {"app.py": b"def handler(event, context): ...\n"}


def test_an_empty_folder_has_nothing_to_pack(place: Place) -> None:
    assert ids(place.refused()) == ["E-SOURCE-03"]


def test_a_folder_of_which_all_is_left_out_has_nothing_to_pack(place: Place) -> None:
    place.fill({".env": b"A=1", "__pycache__/a.pyc": b""})

    error = place.refused()

    assert ids(error) == ["E-SOURCE-03"]
    assert "left out: .env (secret), __pycache__/ (bytecode)." in str(error)


@pytest.mark.parametrize(
    ("link", "target", "id_"),
    [
        ("cfg", "/etc/passwd", "E-SOURCE-15"),
        ("cfg", "../secret", "E-SOURCE-04"),
        ("cfg", "..", "E-SOURCE-04"),
        ("cfg", "../dist/app.py", "E-SOURCE-04"),
        ("lib/cfg", "../../secret", "E-SOURCE-04"),
        ("cfg", "none", "E-SOURCE-05"),
        ("cfg", "app.py/x", "E-SOURCE-05"),
        ("cfg", "cfg", "E-SOURCE-16"),
        ("cfg", ".", "E-SOURCE-16"),
        ("loop/up", "..", "E-SOURCE-16"),
        ("cfg", "b\\c", "E-SOURCE-08"),
        ("cfg", "b\nc", "E-SOURCE-08"),
        ("cfg", "b\u202ec", "E-SOURCE-08"),
        ("cfg", b"\xff", "E-SOURCE-08"),
    ],
)
def test_links_that_lead_nowhere_good_are_refused(
    place: Place, link: str, target: str | bytes, id_: str
) -> None:
    place.fill(APP)
    (place.workspace / "secret").write_bytes(b"secret")
    path = place.dist / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(os.fsdecode(target))

    error = place.refused()

    assert ids(error) == [id_]
    assert link in str(error)


def test_links_in_a_ring_are_refused(place: Place) -> None:
    place.fill(APP)
    (place.dist / "a").symlink_to("b")
    (place.dist / "b").symlink_to("a")

    assert ids(place.refused()) == ["E-SOURCE-16", "E-SOURCE-16"]


def test_a_link_is_never_followed_even_if_what_it_leads_to_would_block(place: Place) -> None:
    place.fill(APP)
    os.mkfifo(place.workspace / "pipe")
    (place.dist / "cfg").symlink_to("../pipe")

    assert ids(place.refused()) == ["E-SOURCE-04"]


def test_links_inside_are_packed_as_links(place: Place) -> None:
    place.fill({"lib/a.py": b"a"})
    (place.dist / "b.py").symlink_to("lib/a.py")
    (place.dist / "folder").symlink_to("lib")

    package = place.pack()

    assert [(e.name, e.kind, e.mode) for e in package.entries] == [
        ("b.py", "link", 0o777),
        ("folder", "link", 0o777),
        ("lib/a.py", "file", 0o644),
    ]


def test_links_to_what_is_left_out_are_left_out_too(place: Place) -> None:
    place.fill(APP | {".env": b"A=1", ".aws/credentials": b"k", "docs/a.md": b"a"})
    (place.dist / "to-file").symlink_to(".env")
    (place.dist / "to-folder").symlink_to(".aws")
    (place.dist / "into-folder").symlink_to(".aws/credentials")
    (place.dist / "to-link").symlink_to("to-file")
    (place.dist / "to-docs").symlink_to("docs")

    package = place.pack(exclude=["docs/*"])

    assert names(package) == ["app.py"]
    assert left_out(package) == {
        ".aws/": "secret",
        ".env": "secret",
        "docs/a.md": "pattern",
        "into-folder": "secret",
        "to-docs": "empty-folder",
        "to-file": "secret",
        "to-folder": "secret",
        "to-link": "secret",
    }


def test_links_to_folders_that_hold_only_links_left_out_are_left_out(place: Place) -> None:
    place.fill(APP)
    for name in ("empty", "one", "two"):
        (place.dist / name).mkdir()
    place.fill({"kept/f": b""})
    (place.dist / "kept" / "l").symlink_to("../two")
    (place.dist / "to-kept").symlink_to("kept")
    (place.dist / "one" / "l").symlink_to("../empty")
    (place.dist / "two" / "l").symlink_to("../one")
    (place.dist / "l").symlink_to("two")

    package = place.pack()

    assert names(package) == ["app.py", "kept/f", "to-kept"]
    assert set(left_out(package)) == {"empty/", "kept/l", "one/l", "two/l", "l"}


def test_a_fifo_is_refused_and_not_opened(place: Place) -> None:
    place.fill(APP)
    os.mkfifo(place.dist / "pipe")

    error = place.refused()

    assert ids(error) == ["E-SOURCE-06"]
    assert "dist/pipe is a FIFO" in str(error)


def test_a_fifo_that_looks_like_a_key_is_not_opened_either(place: Place) -> None:
    place.fill(APP)
    os.mkfifo(place.dist / "cert.pem")

    assert ids(place.refused()) == ["E-SOURCE-06"]


def test_a_socket_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fill(APP)
    monkeypatch.chdir(place.dist)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("sock")

        error = place.refused()

    assert "socket" in str(error)
    assert ids(error) == ["E-SOURCE-06"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_refused(place: Place) -> None:
    place.fill(APP)
    try:
        os.mknod(place.dist / "null", 0o020666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this container may not make devices")

    error = place.refused()

    assert ids(error) == ["E-SOURCE-06"]
    assert "character device" in str(error)


def test_a_special_file_that_is_left_out_does_no_harm(place: Place) -> None:
    place.fill(APP | {"run/keep": b""})
    os.mkfifo(place.dist / "pipe")
    os.mkfifo(place.dist / "run" / "pipe")

    assert names(place.pack(exclude=["pipe"])) == ["app.py", "run/keep"]


def test_a_sparse_file_is_refused_by_its_size_unread(place: Place) -> None:
    place.fill(APP)
    with (place.dist / "core").open("wb") as file:
        file.truncate(10 * 2**30)

    error = place.refused()

    assert ids(error) == ["E-SOURCE-09"]
    assert "core (10,737,418,240)" in str(error)


def test_too_many_bytes_name_the_five_largest(place: Place) -> None:
    place.fill({f"f{n}": bytes(n) for n in range(10, 18)})
    limits = Limits(unzipped_bytes=107, entries=100, zip_bytes=10**6)

    error = place.refused(limits=limits)

    assert ids(error) == ["E-SOURCE-09"]
    assert "108 bytes, limit 107" in str(error)
    assert "largest: f17 (17), f16 (16), f15 (15), f14 (14), f13 (13)" in str(error)


def test_exactly_the_limit_is_packed(place: Place) -> None:
    place.fill({"a": bytes(60), "b": bytes(40)})

    package = place.pack(limits=Limits(unzipped_bytes=100, entries=2, zip_bytes=10**6))

    assert package.unzipped_bytes == 100


def test_too_many_files_name_the_fullest_folder(place: Place) -> None:
    place.fill(APP | {f"node_modules/m{n}/index.js": b"" for n in range(7)})
    limits = Limits(unzipped_bytes=10**6, entries=7, zip_bytes=10**6)

    error = place.refused(limits=limits)

    assert ids(error) == ["E-SOURCE-10"]
    assert "8 files, limit 7; node_modules has 7" in str(error)


def test_too_many_files_at_the_top_are_told_so(place: Place) -> None:
    place.fill({"a": b"", "b": b""})
    limits = Limits(unzipped_bytes=10**6, entries=1, zip_bytes=10**6)

    assert "the top folder has 2" in str(place.refused(limits=limits))


def test_a_zip_larger_than_signer_takes_is_refused(place: Place) -> None:
    place.fill(APP)

    error = place.refused(limits=Limits(unzipped_bytes=10**6, entries=9, zip_bytes=100))

    assert ids(error) == ["E-SOURCE-09"]
    assert "the zip of" in str(error)


def test_names_that_are_long_and_deep_are_refused_together(place: Place) -> None:
    place.fill({"a/b/c.py": b"", "a/d.py": b""})  # 8 * 3 and 6 * 2
    limits = Limits(unzipped_bytes=10**6, entries=7, zip_bytes=10**6, paths_characters=36)

    error = place.refused(limits=replace(limits, paths_characters=35))

    assert ids(error) == ["E-SOURCE-10"]
    assert "have 36 characters, limit 35" in str(error)
    assert place.pack(limits=limits).entries


def test_packing_ends_where_it_is_to_end_whatever_there_is_to_compare(place: Place) -> None:
    place.fill({f"a/f{n}": b"" for n in range(9)})
    asked: list[str] = []

    def check() -> None:
        asked.append("time left?")
        if len(asked) == 5:
            raise DeadlineError.of("E-TIME-01", "over", "give more")

    with pytest.raises(DeadlineError):
        place.pack(exclude=["**/b"], check=check)

    assert len(asked) == 5


def test_a_walk_over_too_many_names_stops(place: Place) -> None:
    place.fill({f"x{n}.pyc": b"" for n in range(5)})
    fd = os.open(place.dist, FOLDER_FLAGS)

    with Folder(fd, "dist", items_max=4) as folder, pytest.raises(SourceError) as caught:
        folder.survey(Rules())

    assert ids(caught.value) == ["E-SOURCE-10"]


def test_what_is_unreadable_is_named(place: Place) -> None:
    place.fill(APP | {"key/x": b"", "sealed.pem": b"-----BEGIN CERTIFICATE-----"})
    key, pem = place.dist / "key", place.dist / "sealed.pem"
    with walkable(place.workspace), sealed_off(key), sealed_off(pem), as_nobody():
        error = place.refused()

    assert ids(error) == ["E-SOURCE-07", "E-SOURCE-07"]
    assert "dist/key (Permission denied)" in str(error)
    assert "dist/sealed.pem (Permission denied)" in str(error)


@pytest.mark.parametrize(
    "name",
    [
        b"bad\xff.py",
        b"nl\n::set-output name=x::y",
        b"esc\x1b[2J",
        "evil\u202egpj.py".encode(),
        "line\u2028break".encode(),
        b"a\\b.py",
        b"C:x",
    ],
)
def test_names_that_others_would_misread_are_refused(place: Place, name: bytes) -> None:
    place.fill(APP)
    (place.dist / os.fsdecode(name)).write_bytes(b"")

    error = place.refused()

    assert ids(error) == ["E-SOURCE-08"]
    assert all(c.isprintable() for c in str(error))
    assert str(error).isascii() or "\u202e" not in str(error)


@given(name=st.lists(st.text("aZ0._-@+=,~/ \\:\n\u00e9", max_size=110), max_size=300).map("/".join))
@example(name="a/")
@example(name="a//b")
@example(name="../a")
@example(name="a\n")
@example(name="x" * 101)
def test_names_that_are_told_at_a_glance_have_no_fault(name: str) -> None:
    assert names_module.name_fault(name) == next(names_module._faults(name), None)


def test_a_path_longer_than_lambda_unpacks_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill(APP)
    monkeypatch.chdir(place.dist)
    for _ in range(21):
        Path("x" * 200).mkdir()
        os.chdir("x" * 200)
    monkeypatch.chdir(place.dist)

    error = place.refused()

    assert ids(error) == ["E-SOURCE-08"]
    assert "more than 4,085 bytes" in str(error)


def test_folders_nested_too_deep_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fill(APP)
    monkeypatch.chdir(place.dist)
    for _ in range(300):
        Path("d").mkdir()
        os.chdir("d")
    monkeypatch.chdir(place.dist)

    error = place.refused()

    assert ids(error) == ["E-SOURCE-08"]
    assert "more than 256 folders" in str(error)


def test_all_problems_are_told_at_once(place: Place) -> None:
    place.fill(APP | {"a\\b": b"", "c\td": b""})
    os.mkfifo(place.dist / "pipe")

    assert sorted(ids(place.refused())) == ["E-SOURCE-06", "E-SOURCE-08", "E-SOURCE-08"]


def test_very_many_problems_are_counted(place: Place) -> None:
    place.fill({f"a\\{n}": b"" for n in range(60)})

    error = place.refused()

    assert len(error.problems) == 50
    assert "and 10 more problems" in str(error)


def test_a_signed_folder_is_refused(place: Place) -> None:
    place.fill(APP | {"META_INF/aws_signer_signature_v1.0.SF": b"sig"})

    assert ids(place.refused()) == ["E-SOURCE-13"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_the_place_of_signers_signature_must_be_free(place: Place, kind: str) -> None:
    place.fill(APP | {"lib/x": b""})
    if kind == "link":
        (place.dist / "META_INF").symlink_to("lib")
    else:
        (place.dist / "META_INF").write_bytes(b"")

    assert ids(place.refused()) == ["E-SOURCE-13"]


def test_other_files_in_meta_inf_are_packed(place: Place) -> None:
    place.fill({"META_INF/x": b"", "META-INF/MANIFEST.MF": b""})

    assert names(place.pack()) == ["META-INF/MANIFEST.MF", "META_INF/x"]


def test_modes_are_normalised_and_a_dropped_setuid_is_noted(place: Place) -> None:
    place.fill({"a": b"", "b": b"", "c": b"", "d": b""})
    for name, mode in (("a", 0o600), ("b", 0o700), ("c", 0o4755), ("d", 0o2666)):
        (place.dist / name).chmod(mode)

    package = place.pack()

    assert [e.mode for e in package.entries] == [0o644, 0o755, 0o755, 0o644]
    assert [n for n in package.notes if "setuid" in n] == [
        "c: the setuid or setgid bit is not packed.",
        "d: the setuid or setgid bit is not packed.",
    ]


def test_names_differing_by_case_or_form_are_noted(place: Place) -> None:
    place.fill({"Case.py": b"", "case.py": b"", "\u00e9": b"", "e\u0301": b""})

    notes = place.pack().notes

    assert notes[0].startswith("Case.py and case.py differ only by case")
    assert "Unicode normal form" in notes[1]


def test_files_all_in_one_folder_are_noted(place: Place) -> None:
    place.fill({"pkg/app.py": b"", "pkg/lib/a.py": b""})

    assert place.pack().notes == ("All files are under pkg/: a handler is looked up from the top.",)


def test_empty_folders_are_listed(place: Place) -> None:
    place.fill(APP)
    (place.dist / "a" / "b").mkdir(parents=True)

    assert left_out(place.pack()) == {"a/b/": "empty-folder"}


# -- files that change meanwhile


@pytest.mark.parametrize("change", ["content", "longer", "link", "gone", "fifo", "folder", "mode"])
def test_a_file_that_changed_since_it_was_listed_is_refused(place: Place, change: str) -> None:
    place.fill({"lib/a.py": b"old", "secret": b"old"})
    path = place.dist / "lib" / "a.py"
    fd = os.open(place.dist, FOLDER_FLAGS)
    with Folder(fd, "dist") as folder:
        found = settle(folder.survey(Rules()), LAMBDA_LIMITS).found[0]
        match change:
            case "content":
                path.write_bytes(b"new")
            case "longer":
                path.write_bytes(b"newer")
            case "mode":
                path.chmod(0o755)
            case "link":
                path.unlink()
                path.symlink_to("../secret")
            case "gone":
                path.unlink()
            case "fifo":
                path.unlink()
                os.mkfifo(path)
            case _:
                path.parent.rename(place.dist / "moved")
                path.parent.symlink_to("moved")

        with pytest.raises(SourceError) as caught:
            folder.squeeze([found], (1, 1, 0, 0))

    assert ids(caught.value) == ["E-SOURCE-11"]
    assert "dist/lib/a.py changed" in str(caught.value)


@pytest.mark.parametrize("act", ["append", "truncate", "rewrite"])
def test_a_file_that_changes_while_it_is_read_is_refused(place: Place, act: str) -> None:
    place.fill({"big": bytes(3_000_000)})
    path = place.dist / "big"
    calls = []

    def fill(fd: int, into: list[memoryview]) -> int:
        calls.append(sum(map(len, into)))
        if len(calls) == 2:
            if act == "append":
                with path.open("ab") as file:
                    file.write(b"x")
            elif act == "truncate":
                os.truncate(path, 1_500_000)
            else:
                path.write_bytes(b"x" * 3_000_000)
        return os.readv(fd, into)

    fd = os.open(path, os.O_RDONLY)
    try:
        stamp = stamp_of(os.fstat(fd))
        with pytest.raises(ChangedError):
            read_unchanged(fd, stamp, fill=fill)
    finally:
        os.close(fd)

    assert max(calls) <= 1_048_576


def test_a_file_that_never_ends_is_read_one_byte_too_far_at_most(place: Place) -> None:
    place.fill({"endless": b"ab"})
    fd = os.open(place.dist / "endless", os.O_RDONLY)
    sizes = []

    def read(_fd: int, size: int) -> bytes:
        sizes.append(size)
        return bytes(size)

    try:
        with pytest.raises(ChangedError):
            read_unchanged(fd, stamp_of(os.fstat(fd)), read=read)
    finally:
        os.close(fd)

    assert sum(sizes) == 3


def test_a_name_that_is_gone_when_it_is_looked_at_is_refused(place: Place) -> None:
    place.fill(APP)
    survey = Survey("dist")
    with Folder(os.open(place.dist, FOLDER_FLAGS), "dist") as folder:
        folder._visit(folder.root, b"gone", "gone", Rules(), survey)

    assert [p.id for p in survey.problems] == ["E-SOURCE-11"]
    assert "dist/gone changed" in survey.problems[0].what


def test_a_key_exchanged_while_it_is_looked_at_is_refused(place: Place) -> None:
    place.fill({"a.pem": b"-----BEGIN CERTIFICATE-----"})
    status = (place.dist / "a.pem").stat()
    place.fill({"b.pem": b"-----BEGIN PRIVATE KEY-----"})
    (place.dist / "b.pem").replace(place.dist / "a.pem")
    survey = Survey("dist")
    with Folder(os.open(place.dist, FOLDER_FLAGS), "dist") as folder:
        folder._add_file(folder.root, b"a.pem", "a.pem", status, Rules(), survey)

    assert [p.id for p in survey.problems] == ["E-SOURCE-11"]
    assert survey.found == []


def test_a_file_that_may_not_be_opened_is_refused(place: Place) -> None:
    place.fill({"a": b"x"})
    (place.dist / "a").chmod(0)
    with Folder(os.open(place.dist, FOLDER_FLAGS), "dist") as folder, walkable(place.workspace):
        found = settle(folder.survey(Rules()), LAMBDA_LIMITS).found[0]
        with as_nobody(), pytest.raises(SourceError) as caught:
            folder.squeeze([found], (1, 1, 0, 0))

    assert ids(caught.value) == ["E-SOURCE-07"]
    assert "cannot read dist/a" in str(caught.value)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_no_descriptor_is_left_open(place: Place) -> None:
    place.fill({f"{'/'.join('abc'[:n])}/f{n}": b"x" for n in range(1, 4)})
    before = descriptors()

    place.pack()
    place.fill({"a\\b": b""})
    place.refused()

    assert descriptors() == before
