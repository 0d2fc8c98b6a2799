"""What the repository as a whole promises: pinned actions, no foreign hosts, no machine's paths."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.promises.modules import ROOT

PINNED: Final = re.compile(r"[^@]+@[0-9a-f]{40}|docker://[^@]+@sha256:[0-9a-f]{64}|\./.*|\.")
OURS: Final = re.compile(r"owner/signed-lambda-deploy(/\.github/workflows/[a-z-]+\.yml)?@v1")
"""A placeholder for whoever publishes this action: a commit to pin exists only there."""
REGISTRIES: Final = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("repo1", "maven", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
MACHINES: Final = tuple(
    "/".join(parts)
    for parts in (("", "work", "main"), ("", "work", "shared"), ("", "work", ".library"))
)
OPTIONS: Final = tuple("--" + name for name in ("index-url", "extra-index-url", "find-links"))


def _tracked() -> list[Path]:
    """Files of the repository; without git (a source archive), every file but hidden folders'."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [ROOT / path for path in found if not any(part[0] == "." for part in path.parts[:-1])]


def _texts() -> list[tuple[str, str]]:
    """Name and content of each file that is text."""
    contents = ((str(path.relative_to(ROOT)), path.read_bytes()) for path in _tracked())
    return [(name, data.decode("utf-8", "replace")) for name, data in contents if b"\0" not in data]


TEXTS: Final = _texts()


def test_the_repository_is_seen() -> None:
    names = {name for name, _ in TEXTS}

    assert {"action.yml", "pyproject.toml", "src/signed_lambda/errors.py"} <= names


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_the_host_of_a_package_registry(host: str) -> None:
    assert [name for name, text in TEXTS if host in text.lower()] == []


@pytest.mark.parametrize("place", MACHINES)
def test_no_file_names_a_place_of_one_machine(place: str) -> None:
    assert [
        name for name, text in TEXTS if re.search(rf"(?<![\w.]){re.escape(place)}\b", text)
    ] == []


def test_requirements_say_what_and_not_from_where() -> None:
    files = [(n, t) for n, t in TEXTS if n.startswith("requirements/")]

    assert files
    assert [n for n, t in files if any(option in t for option in OPTIONS)] == []


def test_locked_requirements_have_a_version_and_a_hash_each() -> None:
    locks = [(n, t) for n, t in TEXTS if n.startswith("requirements/") and n.endswith(".txt")]

    for name, text in locks:
        logical = text.replace("\\\n", " ").splitlines()
        wanted = [line for line in logical if line.strip() and not line.lstrip().startswith("#")]
        loose = [ln for ln in wanted if not re.search(r"==\S+.*--hash=sha256:[0-9a-f]{64}", ln)]
        assert (name, loose) == (name, [])


def _uses(node: object) -> list[str]:
    """Every value of a key `uses`, wherever it stands."""
    if isinstance(node, dict):
        own = [node["uses"]] if isinstance(node.get("uses"), str) else []
        return own + [found for value in node.values() for found in _uses(value)]
    if isinstance(node, list):
        return [found for value in node for found in _uses(value)]
    return []


def _loose(workflow: Any) -> list[str]:  # noqa: ANN401 - parsed YAML
    used = [name for name in _uses(workflow) if not OURS.fullmatch(name)]
    return [name for name in used if not PINNED.fullmatch(name)]


@pytest.mark.parametrize("folder", [".github/workflows", "examples"])
def test_every_action_that_our_workflows_use_is_pinned_by_commit(folder: str) -> None:
    found = sorted((ROOT / folder).rglob("*.y*ml"))

    assert found
    for path in found:
        assert (path.name, _loose(yaml.safe_load(path.read_text("utf-8")))) == (path.name, [])


@pytest.mark.parametrize(
    ("used", "loose"),
    [
        ("./", False),
        ("./.github/actions/x", False),
        ("actions/checkout@" + "a1" * 20, False),
        ("actions/checkout@v4", True),
        ("actions/checkout@" + "a1" * 19, True),
        ("actions/checkout", True),
        ("docker://python@sha256:" + "a1" * 32, False),
        ("docker://python:3", True),
        ("owner/signed-lambda-deploy@v1", False),
        ("owner/signed-lambda-deploy/.github/workflows/reusable-plan.yml@v1", False),
        ("another/signed-lambda-deploy@v1", True),
    ],
)
def test_a_pin_is_a_whole_commit(used: str, loose: bool) -> None:  # noqa: FBT001 - a table's column
    assert bool(_loose({"jobs": {"x": {"steps": [{"uses": used}]}}})) is loose


def test_no_two_test_files_have_the_same_name() -> None:
    """Outside of packages pytest takes the second one for the first, and runs neither."""
    seen: dict[str, str] = {}
    twice = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path.name in seen and not (path.parent / "__init__.py").exists():
            twice.append((seen[path.name], str(path)))
        seen[path.name] = str(path)

    assert twice == []
