"""Which installed package a file belongs to: for readers, whatever the metadata hold."""

from __future__ import annotations

from itertools import product
from posixpath import join, normpath
from typing import TYPE_CHECKING

import pytest

from signed_lambda.package import Dependency, owners, read_zip
from signed_lambda.package.dependencies import _recorded
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path, files: dict[str, str]) -> dict[str, Dependency]:
    """The owners of all files of a package."""
    place = Place.beneath(folder)
    place.fill({name: text.encode() for name, text in files.items()})
    return owners(read_zip(place.pack().path), files)


def test_a_record_names_the_files_of_a_python_package(tmp_path: Path) -> None:
    six = Dependency("six", "1.16.0")

    assert found(
        tmp_path,
        {
            "six-1.16.0.dist-info/RECORD": "six.py,sha256=x,1\nsix-1.16.0.dist-info/RECORD,,\n",
            "six-1.16.0.dist-info/METADATA": "Name: six\n",
            "six.py": "",
            "app.py": "",
        },
    ) == {
        "six-1.16.0.dist-info/RECORD": six,
        "six-1.16.0.dist-info/METADATA": six,
        "six.py": six,
    }


def test_a_record_in_a_folder_names_files_relative_to_it(tmp_path: Path) -> None:
    owned = found(
        tmp_path,
        {
            "lib/a-2.dist-info/RECORD": '../bin/a,,\n"a/odd, name.py",,\na/./x.py,,\n',
            "lib/a/odd, name.py": "",
            "lib/a/x.py": "",
            "bin/a": "",
            "a/x.py": "",
        },
    )

    assert {name for name, d in owned.items() if d == Dependency("a", "2")} == {
        "lib/a-2.dist-info/RECORD",
        "lib/a/odd, name.py",
        "lib/a/x.py",
    }


@pytest.mark.parametrize("base", ["", "lib"])
def test_a_record_names_files_as_paths_are_put_in_order(base: str) -> None:
    rows = ["".join(letters) for n in range(1, 6) for letters in product("a./", repeat=n)]
    wanted = {normpath(join(base, row)) for row in rows}

    named = set(_recorded("\n".join(rows), base))

    assert named == wanted


@pytest.mark.parametrize(
    ("claimed", "owned"),
    [
        ("app.py", False),
        ("handler.py", False),
        ("typing_extensions.py", True),
        ("Typing.Extensions.py", False),
        ("typing_extensions.cpython-313.so", True),
        ("folder/app.py", True),
        ("../app.py", False),
        ("/app.py", False),
    ],
)
def test_a_module_of_another_name_is_no_packages_whatever_its_record_says(
    tmp_path: Path, claimed: str, *, owned: bool
) -> None:
    name = claimed.removeprefix("../").removeprefix("/")
    record = f"{claimed},,\n"

    found_of = found(tmp_path, {"typing_extensions-4.dist-info/RECORD": record, name: ""})

    assert (name in found_of) == owned


def test_metadata_are_read_until_it_was_enough(tmp_path: Path) -> None:
    large = "x,,\n" * 500_000  # 2 MB each
    files = {f"p{i}-1.dist-info/RECORD": f"p{i}/a.py,,\n{large}" for i in range(12)}
    files |= {f"p{i}/a.py": "" for i in range(12)}

    owned = found(tmp_path, files)

    assert 0 < sum(name.endswith("a.py") for name in owned) < 12


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("node_modules/left-pad/index.js", Dependency("left-pad", "1.3.0")),
        ("node_modules/@aws-sdk/client-s3/dist/x.js", Dependency("@aws-sdk/client-s3", "3.9")),
        ("node_modules/left-pad/node_modules/tiny/a.js", Dependency("tiny", "")),
        ("src/node_modules/left-pad/index.js", Dependency("left-pad", "")),
        ("node_modules/broken/index.js", Dependency("broken", "")),
        ("node_modules/list/index.js", Dependency("list", "")),
        ("node_modules/number/index.js", Dependency("number", "")),
        ("node_modules/loose.js", None),
        ("node_modules/.package-lock.json", None),
        ("src/index.js", None),
    ],
)
def test_a_node_package_is_the_innermost_folder_below_node_modules(
    tmp_path: Path, name: str, owner: Dependency | None
) -> None:
    owned = found(
        tmp_path,
        {
            "node_modules/left-pad/package.json": '{"version": "1.3.0"}',
            "node_modules/@aws-sdk/client-s3/package.json": '{"version": "3.9"}',
            "node_modules/broken/package.json": "{",
            "node_modules/list/package.json": "[]",
            "node_modules/number/package.json": '{"version": 3}',
            name: "",
        },
    )

    assert owned.get(name) == owner


@pytest.mark.parametrize(
    "record", ["", '"unclosed', "\0", "x" * 200_000, "x" * (2 * 1024 * 1024 + 1)]
)
def test_a_record_that_cannot_be_read_owns_its_own_folder_only(tmp_path: Path, record: str) -> None:
    owned = found(tmp_path, {"a-1.dist-info/RECORD": record, "a.py": ""})

    assert owned == {"a-1.dist-info/RECORD": Dependency("a", "1")}


def test_versions_are_read_only_where_they_are_wanted(tmp_path: Path) -> None:
    """Node's stand in a file of each package: a large tree has thousands."""
    files = {
        "node_modules/a/package.json": '{"version": "3.1.4"}',
        "node_modules/@b/c/i.js": "",
        "i.js": "",
    }
    place = Place.beneath(tmp_path)
    place.fill({name: text.encode() for name, text in files.items()})

    owned = owners(read_zip(place.pack().path), files, versions=False)

    assert owned == {
        "node_modules/a/package.json": Dependency("a", ""),
        "node_modules/@b/c/i.js": Dependency("@b/c", ""),
    }
    assert found(tmp_path / "again", files)["node_modules/a/package.json"].version == "3.1.4"
