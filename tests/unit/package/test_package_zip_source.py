"""A .zip as the source: read strictly, then packed anew under the same rules as a folder."""

from __future__ import annotations

import hashlib
import os
import zipfile
from typing import TYPE_CHECKING

import pytest
from trees import Place, ids, left_out, names
from zip_bytes import DOS, Part, Zip, folder, link, streamed

from signed_lambda.errors import DeployError, ZipError
from signed_lambda.package import LAMBDA_LIMITS, Limits
from signed_lambda.package.rules import Rules
from signed_lambda.package.zipsource import copy_zip, open_zip

if TYPE_CHECKING:
    from pathlib import Path


def give(place: Place, *parts: Part) -> bytes:
    raw = Zip(parts=parts).build()
    (place.workspace / "given.zip").write_bytes(raw)
    return raw


def test_a_zip_and_its_folder_give_the_same_package(place: Place) -> None:
    place.fill({"app.py": b"x = 1\n" * 50, "lib/a.py": b"", ".env": b"A=1", "d/run": b"#!"})
    (place.dist / "d" / "run").chmod(0o750)
    (place.dist / "l").symlink_to("lib/a.py")
    give(
        place,
        Part(name=b"lib/a.py", content=b""),
        folder(b"d/"),
        Part(name=b"d/run", content=b"#!", external=0o100750 << 16),
        link(b"l", b"lib/a.py"),
        streamed(Part(name=b"app.py", content=b"x = 1\n" * 50, method=8, time=77)),
        Part(name=b".env", content=b"A=1"),
    )

    from_folder, from_zip = place.pack(), place.pack("given.zip")

    assert from_zip.sha256 == from_folder.sha256
    assert from_zip.entries == from_folder.entries
    assert from_zip.left_out == from_folder.left_out


def test_the_hash_of_the_given_zip_is_told(place: Place) -> None:
    raw = give(place, Part())

    package = place.pack("given.zip")

    assert package.source_sha256 is not None
    assert package.source_sha256.digest == hashlib.sha256(raw).digest()
    assert package.source.endswith("given.zip")


def test_packing_a_package_again_changes_nothing(place: Place) -> None:
    place.fill({"app.py": b"x = 1\n" * 50, "run": b"#!"})
    (place.dist / "run").chmod(0o755)
    first = place.pack()
    (place.workspace / "again.ZIP").write_bytes(first.path.read_bytes())

    again = place.pack("again.ZIP")

    assert again.sha256 == first.sha256 == again.source_sha256


def test_the_private_copy_is_removed(place: Place) -> None:
    give(place, Part())

    package = place.pack("given.zip")

    assert list(place.into.iterdir()) == [package.path]


def test_rules_hold_for_zips_too(place: Place) -> None:
    give(
        place,
        Part(name=b"app.py"),
        Part(name=b".git/config"),
        Part(name=b".git/objects/x"),
        Part(name=b"__pycache__/a.pyc"),
        Part(name=b"key.pem", content=b"-----BEGIN PRIVATE KEY-----"),
        Part(name=b"ca.pem", content=b"-----BEGIN CERTIFICATE-----"),
        Part(name=b".lambdaignore", content=b"*.md\n"),
        Part(name=b"a.md"),
        Part(name=b"b.md"),
        Part(name=b"c.txt"),
        folder(b"void/"),
        folder(b"full/"),
        Part(name=b"full/x"),
    )

    package = place.pack("given.zip", exclude=["!b.md", "c.txt"])

    assert names(package) == ["app.py", "b.md", "ca.pem", "full/x"]
    assert left_out(package) == {
        ".git/": "secret",
        ".lambdaignore": "control-file",
        "__pycache__/": "bytecode",
        "a.md": "pattern",
        "c.txt": "pattern",
        "key.pem": "secret",
        "void/": "empty-folder",
    }


def test_links_in_a_zip_to_what_is_left_out_are_left_out_too(place: Place) -> None:
    give(place, Part(), Part(name=b".env"), link(b"l", b".env"))

    assert left_out(place.pack("given.zip")) == {".env": "secret", "l": "secret"}


def test_an_ignore_file_that_is_a_link_is_no_ignore_file(place: Place) -> None:
    give(place, Part(), Part(name=b"list", content=b"app.py"), link(b".lambdaignore", b"list"))

    package = place.pack("given.zip")

    assert names(package) == ["app.py", "list"]
    assert left_out(package) == {".lambdaignore": "control-file"}


def test_modes_of_a_zip_are_normalised(place: Place) -> None:
    give(
        place,
        Part(name=b"a", external=0o104700 << 16),
        Part(name=b"b", external=0, made_by=DOS),
        Part(name=b"c", external=0o100600 << 16),
        Part(name=b"d", external=0o102644 << 16),
    )

    package = place.pack("given.zip")

    assert [e.mode for e in package.entries] == [0o755, 0o644, 0o644, 0o644]
    assert [n[0] for n in package.notes if "setuid" in n] == ["a", "d"]


def test_a_signed_zip_is_refused(place: Place) -> None:
    give(place, Part(), folder(b"META_INF/"), Part(name=b"META_INF/aws_signer_signature_v1.0.SF"))

    error = place.refused("given.zip")

    assert ids(error) == ["E-ZIP-14"]
    assert "Give the unsigned one" in str(error)


def test_a_zip_without_files_has_nothing_to_pack(place: Place) -> None:
    give(place, folder(b"d/"))

    assert ids(place.refused("given.zip")) == ["E-SOURCE-03"]


def test_a_hostile_zip_is_refused_by_its_path(place: Place) -> None:
    give(place, Part(), Part())

    error = place.refused("given.zip")

    assert ids(error) == ["E-ZIP-06"]
    assert "workspace/given.zip" in str(error)


@pytest.mark.parametrize(
    ("limits", "id_"),
    [
        (Limits(unzipped_bytes=35, entries=9, zip_bytes=9_999), "E-ZIP-11"),
        (Limits(unzipped_bytes=99, entries=0, zip_bytes=9_999), "E-ZIP-12"),
        (Limits(unzipped_bytes=99, entries=9, zip_bytes=99), "E-ZIP-11"),
        (Limits(unzipped_bytes=99, entries=9, zip_bytes=9_999, paths_characters=4), "E-ZIP-12"),
    ],
)
def test_limits_hold_for_zips_too(place: Place, limits: Limits, id_: str) -> None:
    give(place, Part())

    assert ids(place.refused("given.zip", limits=limits)) == [id_]


def test_a_zip_is_not_read_beyond_the_limit(place: Place) -> None:
    with (place.workspace / "given.zip").open("wb") as file:
        file.truncate(10 * 2**30)

    assert ids(place.refused("given.zip")) == ["E-ZIP-11"]


def test_a_zip_that_grows_while_it_is_copied_is_refused(place: Place) -> None:
    copy = place.into / "copy.zip"
    copy.touch()
    reading, writing = os.pipe()
    os.write(writing, bytes(1_001))
    os.close(writing)
    limits = Limits(unzipped_bytes=99, entries=9, zip_bytes=1_000)
    try:
        with pytest.raises(ZipError, match="at least 1,001 bytes"):
            copy_zip(reading, copy, place="given.zip", limits=limits)
    finally:
        os.close(reading)

    assert copy.stat().st_size <= 1_000


def test_a_zip_changed_behind_our_back_does_not_matter_once_it_is_copied(place: Place) -> None:
    give(place, Part(content=b"good"))
    path = place.workspace / "given.zip"
    copy = place.into / "copy.zip"
    copy.touch()
    fd = os.open(path, os.O_RDONLY)
    try:
        copy_zip(fd, copy, place="given.zip", limits=LAMBDA_LIMITS)
    finally:
        os.close(fd)
    give(place, Part(content=b"evil"))

    with open_zip(copy, place="given.zip", limits=LAMBDA_LIMITS) as source:
        found = source.survey(Rules()).found[0]
        [(_, content, _, _, _)] = source.squeeze([found], (1, 1, 0, 0))

    assert content == b"good"
    assert not copy.exists()


def test_a_copy_changed_after_it_was_read_is_refused(place: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    copy.write_bytes(Zip(parts=(Part(content=b"good"),)).build())

    with open_zip(copy, place="given.zip", limits=LAMBDA_LIMITS) as source:
        found = source.survey(Rules()).found[0]
        copy.write_bytes(Zip(parts=(Part(content=b"evil"),)).build())
        with pytest.raises(ZipError, match="E-ZIP-17"):
            source.squeeze([found], (1, 1, 0, 0))


def test_large_files_of_a_zip_are_packed_whole(place: Place) -> None:
    content = hashlib.shake_128(b"large").digest(1_500_000) + bytes(2_000_000)
    give(place, Part(name=b"large", content=content, method=8))

    package = place.pack("given.zip")

    with zipfile.ZipFile(package.path) as file:
        assert file.read("large") == content


def copied(place: Place, size: int, limits: Limits) -> bytes:
    """A given file of so many bytes, copied."""
    given, copy = place.workspace / "given.zip", place.into / "copy.zip"
    given.write_bytes(bytes(size))
    copy.touch()
    with given.open("rb") as file:
        copy_zip(file.fileno(), copy, place="given.zip", limits=limits)
    return copy.read_bytes()


def test_a_zip_as_large_as_is_taken_is_copied_and_one_byte_more_is_not(place: Place) -> None:
    limits = Limits(unzipped_bytes=99, entries=9, zip_bytes=1_000)

    assert copied(place, 1_000, limits) == bytes(1_000)
    with pytest.raises(ZipError, match=r"given\.zip has 1,001 bytes, limit 1,000"):
        copied(place, 1_001, limits)


def test_a_copy_that_is_gone_already_is_no_fault(place: Place) -> None:
    copy = place.into / "copy.zip"
    copy.write_bytes(Zip().build())

    with open_zip(copy, place="given.zip", limits=LAMBDA_LIMITS):
        copy.unlink()

    assert not copy.exists()


def test_an_empty_folder_of_a_zip_is_left_out_by_a_pattern_for_folders(place: Place) -> None:
    give(place, Part(), folder(b"void/"))

    assert left_out(place.pack("given.zip", exclude=["void/"])) == {"void/": "pattern"}


@pytest.mark.parametrize(("size", "told"), [(65_536, []), (65_537, ["E-SOURCE-14"])])
def test_an_ignore_file_that_is_too_large_is_not_cut(
    place: Place, size: int, told: list[str]
) -> None:
    give(place, Part(), Part(name=b".lambdaignore", content=b"#" * size))

    found: list[str] = []
    try:
        place.pack("given.zip")
    except DeployError as error:
        found = ids(error)

    assert found == told
