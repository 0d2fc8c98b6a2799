"""A signed zip that is not the build, however slightly, is told apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import Place
from zip_bytes import DOS, FILE, LINK, PROGRAM, Part, Zip, folder, streamed

from signed_lambda.package import Difference, compare, read_zip

if TYPE_CHECKING:
    from pathlib import Path

ADDED = ("META_INF/", "META_INF/aws_signer_signature_v1.0.SF")
SIGNATURE = (folder(b"META_INF/"), Part(name=ADDED[1].encode(), content=b"signature"))
BUILD = {
    "app.py": b"import hook\n",
    "data/notes.txt": b"textevil/__init__.pyimport os\n",
    "lib/a.py": b"a = 1\n",
    "lib/link-target": b"../app.py",
    "run": b"#!/bin/sh\n",
}


def parts(files: dict[str, bytes] | None = None) -> list[Part]:
    """The build's entries as another writer writes them."""
    items = sorted((BUILD if files is None else files).items())
    return [
        Part(
            name=name.encode(),
            content=content,
            method=8,
            time=4711,
            external=PROGRAM if name == "run" else FILE,
        )
        for name, content in items
    ]


def differences(
    tmp_path: Path, signed: list[Part], added: tuple[str, ...] = ADDED
) -> list[tuple[str, str]]:
    return [(d.name, d.what) for d in all_differences(tmp_path, signed, added)]


def all_differences(
    tmp_path: Path, signed: list[Part], added: tuple[str, ...] = ADDED
) -> tuple[Difference, ...]:
    place = Place.beneath(tmp_path)
    place.fill(BUILD)
    (place.dist / "run").chmod(0o755)
    package = place.pack()
    path = tmp_path / "signed.zip"
    path.write_bytes(Zip(parts=tuple(signed)).build())
    return compare(package, read_zip(path), added=added)


def observed_digest(signed: list[Part]) -> str:
    """What Signer signs, as observed: names and bodies without lengths, without types and modes."""
    inner = hashlib.sha384()
    for part in signed:
        if part.name != ADDED[1].encode():
            inner.update(part.name + part.content)
    return hashlib.sha384(inner.digest()).hexdigest()


@pytest.mark.parametrize("where", [0, 2, 5])
def test_the_build_and_signers_entries_are_no_difference(tmp_path: Path, where: int) -> None:
    signed = parts()
    signed[where:where] = SIGNATURE

    assert differences(tmp_path, signed) == []


def test_recompressed_streamed_and_redated_is_no_difference(tmp_path: Path) -> None:
    signed = [streamed(replace(part, date=0x5A5A)) for part in parts()]

    assert differences(tmp_path, [*signed, *SIGNATURE]) == []


# -- four zips with one digest (the signature alone would pass them)


def test_a_text_split_into_a_new_module_is_found(tmp_path: Path) -> None:
    signed = [p for p in parts() if p.name != b"data/notes.txt"]
    split = [
        Part(name=b"data/notes.txt", content=b"text"),
        Part(name=b"evil/__init__.py", content=b"import os\n"),
    ]
    signed[1:1] = split
    assert observed_digest(signed) == observed_digest(parts())

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [
        ("data/notes.txt", "changed bytes"),
        ("evil/__init__.py", "added"),
    ]


def test_two_files_merged_are_found(tmp_path: Path) -> None:
    signed = parts()
    merged = Part(name=b"app.py", content=BUILD["app.py"] + b"data/notes.txt" + signed[1].content)
    signed[:2] = [merged]
    assert observed_digest(signed) == observed_digest(parts())

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [
        ("app.py", "changed bytes"),
        ("data/notes.txt", "missing"),
    ]


def test_a_file_turned_into_a_link_is_found(tmp_path: Path) -> None:
    signed = parts()
    signed[3] = replace(signed[3], external=LINK)
    assert observed_digest(signed) == observed_digest(parts())

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [
        ("lib/link-target", "changed kind"),
        ("lib/link-target", "changed mode"),
    ]


def test_a_text_made_a_program_is_found(tmp_path: Path) -> None:
    signed = parts()
    signed[1] = replace(signed[1], external=PROGRAM)
    assert observed_digest(signed) == observed_digest(parts())

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [("data/notes.txt", "changed mode")]


# -- every other way


def test_changed_bytes_are_found(tmp_path: Path) -> None:
    signed = parts(BUILD | {"lib/a.py": b"a = 2\n"})

    found = all_differences(tmp_path, [*signed, *SIGNATURE])

    assert [(d.name, d.what) for d in found] == [("lib/a.py", "changed bytes")]
    assert hashlib.sha256(b"a = 1\n").hexdigest() in found[0].expected
    assert hashlib.sha256(b"a = 2\n").hexdigest() in found[0].found
    assert str(found[0]).startswith("lib/a.py: changed bytes (expected 6 bytes, sha256:")


def test_a_mode_that_is_lost_is_found(tmp_path: Path) -> None:
    signed = [replace(part, made_by=DOS, external=0) for part in parts()]

    found = all_differences(tmp_path, [*signed, *SIGNATURE])

    assert [d.what for d in found] == ["changed mode"] * 5
    assert (found[4].expected, found[4].found) == ("0755", "none")


def test_setuid_is_found(tmp_path: Path) -> None:
    signed = parts()
    signed[4] = replace(signed[4], external=0o104755 << 16)

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [("run", "changed mode")]


def test_a_missing_entry_is_found(tmp_path: Path) -> None:
    assert differences(tmp_path, [*parts()[1:], *SIGNATURE]) == [("app.py", "missing")]


def test_a_renamed_entry_is_found(tmp_path: Path) -> None:
    signed = parts()
    signed[0] = replace(signed[0], name=b"App.py")

    assert differences(tmp_path, [*signed, *SIGNATURE]) == [
        ("app.py", "missing"),
        ("App.py", "added"),
    ]


def test_an_added_entry_is_found(tmp_path: Path) -> None:
    signed = [*parts(), Part(name=b"sitecustomize.py"), *SIGNATURE]

    assert differences(tmp_path, signed) == [("sitecustomize.py", "added")]


@pytest.mark.parametrize("extra", [folder(b"lib/"), folder(b"x/"), Part(name=b"META_INF/y")])
def test_folders_and_other_files_of_meta_inf_are_found(tmp_path: Path, extra: Part) -> None:
    assert differences(tmp_path, [*parts(), *SIGNATURE, extra]) == [(extra.name.decode(), "added")]


@pytest.mark.parametrize(("present", "absent"), [(0, 1), (1, 0)])
def test_an_entry_that_signer_must_add_is_missed(tmp_path: Path, present: int, absent: int) -> None:
    assert differences(tmp_path, [*parts(), SIGNATURE[present]]) == [(ADDED[absent], "missing")]


def test_signers_entry_as_a_link_is_found(tmp_path: Path) -> None:
    forged = Part(name=ADDED[1].encode(), content=b"../app.py", external=LINK)

    assert differences(tmp_path, [*parts(), folder(b"META_INF/"), forged]) == [
        (ADDED[1], "changed kind")
    ]


def test_an_unsigned_zip_is_compared_with_nothing_added(tmp_path: Path) -> None:
    assert differences(tmp_path / "a", [*parts(), *SIGNATURE], added=()) == [
        (ADDED[0], "added"),
        (ADDED[1], "added"),
    ]
    assert differences(tmp_path / "b", parts(), added=()) == []


def test_one_entry_out_of_order_is_told_alone(tmp_path: Path) -> None:
    signed = parts()
    signed.append(signed.pop(0))

    found = all_differences(tmp_path, [*signed, *SIGNATURE])

    assert [(d.name, d.what) for d in found] == [("app.py", "reordered")]
    assert (found[0].expected, found[0].found) == ("first", "place 5 of 7")


def test_order_is_judged_without_what_is_missing_or_added(tmp_path: Path) -> None:
    signed = parts()
    signed[0] = Part(name=b"zzz")

    assert differences(tmp_path, [SIGNATURE[1], *signed, SIGNATURE[0]]) == [
        ("app.py", "missing"),
        ("zzz", "added"),
    ]


@given(order=st.permutations(range(5)))
def test_any_other_order_is_found_and_told_by_the_fewest_names(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    entries = parts()
    signed = [entries[n] for n in order]

    found = differences(tmp_path_factory.mktemp("x"), [*signed, *SIGNATURE])

    assert {what for _, what in found} <= {"reordered"}
    assert (found == []) == (order == sorted(order))
    stays = [p.name.decode() for p in signed if (p.name.decode(), "reordered") not in found]
    assert stays == sorted(stays)
    assert len(found) <= 4


def test_names_are_shown_safely() -> None:
    difference = Difference("a\x1b[2J\nb", "added", "nothing", "a file")

    assert str(difference).isprintable()
