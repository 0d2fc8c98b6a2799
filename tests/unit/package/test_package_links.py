"""Where links lead, found in names alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.package.links import Landing, NameTree

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("app.py", "lib/a.py", "lib/sub/b.py")


@pytest.mark.parametrize(
    ("link", "target", "name"),
    [
        ("l", "app.py", "app.py"),
        ("l", "./app.py", "app.py"),
        ("l", "lib/../app.py", "app.py"),
        ("l", "lib//a.py", "lib/a.py"),
        ("lib/l", "a.py", "lib/a.py"),
        ("lib/l", "../app.py", "app.py"),
        ("lib/sub/l", "../a.py", "lib/a.py"),
        ("new/l", "../lib/a.py", "lib/a.py"),
    ],
)
def test_a_link_inside_lands_on_its_file(link: str, target: str, name: str) -> None:
    tree = NameTree(files=FILES, links={link: target})

    assert tree.follow(link) == Landing(name, is_folder=False)


def test_a_link_to_a_folder_beside_it_lands_there() -> None:
    tree = NameTree(files=FILES, links={"l": "lib/sub/"})

    assert tree.follow("l") == Landing("lib/sub", is_folder=True)


@pytest.mark.parametrize(
    ("link", "target", "fault"),
    [
        ("l", "/app.py", "absolute"),
        ("l", "..", "outside"),
        ("l", "../x", "outside"),
        ("lib/l", "../../task/app.py", "outside"),
        ("l", "none", "dangling"),
        ("l", "app.py/", "dangling"),
        ("l", "app.py/x", "dangling"),
        ("l", "app.py/..", "dangling"),
        ("l", "none/../app.py", "dangling"),
        ("l", "l", "loop"),
        ("l", "l/x", "loop"),
        ("l", ".", "loop"),
        ("lib/l", ".", "loop"),
        ("lib/sub/l", "..", "loop"),
        ("lib/sub/l", "../..", "loop"),
    ],
)
def test_a_link_that_leads_nowhere_is_faulted(link: str, target: str, fault: str) -> None:
    tree = NameTree(files=FILES, links={link: target})

    assert tree.follow(link) == fault


def test_a_way_through_another_link_counts_from_where_that_leads() -> None:
    links = {"to": "lib/sub", "l": "to/../a.py", "out": "to/../../../x"}
    tree = NameTree(files=FILES, links=links)

    assert tree.follow("l") == Landing("lib/a.py", is_folder=False)
    assert tree.follow("out") == "outside"


def test_a_link_through_an_absolute_link_is_absolute() -> None:
    tree = NameTree(files=FILES, links={"root": "/", "l": "root/app.py"})

    assert tree.follow("l") == "absolute"


def test_forty_links_are_followed_and_not_one_more() -> None:
    links = {f"l{n}": f"l{n + 1}" for n in range(40)}
    tree = NameTree(files=("l40",), links=links | {"more": "l0"})

    assert tree.follow("l0") == Landing("l40", is_folder=False)
    assert tree.follow("more") == "loop"


def test_a_way_ends_at_what_is_left_out() -> None:
    tree = NameTree(files=FILES, links={"l": "secret/x/y"}, closed=("secret",))

    assert tree.follow("l") == Landing("secret", is_folder=False)


def test_all_links_together_have_a_bounded_cost() -> None:
    links = {f"l{n}": "lib/../lib/../app.py" for n in range(10)}
    tree = NameTree(files=FILES, links=links, steps_max=25)

    landings = [tree.follow(link) for link in links]

    assert landings[:5] == [Landing("app.py", is_folder=False)] * 5
    assert landings[5:] == ["loop"] * 5


PARTS = st.sampled_from(("a", "b", "lib", "sub", "..", ".", "l0", "l1", "f"))


@given(targets=st.lists(st.lists(PARTS, min_size=1, max_size=5).map("/".join), max_size=3))
def test_links_land_where_the_kernel_takes_them(
    tmp_path_factory: pytest.TempPathFactory, targets: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    files = ("a/f", "lib/sub/f", "f", "b/a/f")
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    links = {f"l{n}" if n < 2 else "lib/l2": target for n, target in enumerate(targets)}
    for name, target in links.items():
        (root / name).symlink_to(target)

    tree = NameTree(files=files, links=links)

    for name in links:
        landing = tree.follow(name)
        if isinstance(landing, Landing):
            assert (root / name).resolve() == root / landing.name
            assert (root / name).is_dir() == landing.is_folder
        elif landing == "dangling":
            assert not (root / name).exists()
        else:
            assert leaves_or_loops(root, root / name)


def leaves_or_loops(root: Path, link: Path) -> bool:
    """Whether the kernel, too, ends outside, above the link, nowhere or in a loop."""
    end = os.path.realpath(link)
    above = f"{link.parent}/".startswith(f"{end}/")
    return above or not link.exists() or not f"{end}/".startswith(f"{root}/")
