"""A release is what was tested: one image, named by its digest, of the version that it says."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.promises.modules import ROOT
from tools import rebuild, release
from tools.rebuild import Entry

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = "registry.invalid/acme/signed-lambda-deploy@sha256:" + "5" * 64
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a release looks at, of a version 1.2.0 that is ready."""
    (tmp_path / "src/signed_lambda").mkdir(parents=True)
    (tmp_path / "src/signed_lambda/__init__.py").write_text('__version__ = "1.2.0"\n')
    changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026\n\n- A loop.\n\n## 1.1.0\n\nOld.\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    shutil.copy(ROOT / "action.yml", tmp_path)
    return tmp_path


def test_a_version_that_code_and_changelog_have_may_be_released(checkout: Path) -> None:
    release.check(checkout, "1.2.0")

    assert release.notes(checkout, "1.2.0") == "- A loop."


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.2", "no version"),
        ("v1.2.0", "no version"),
        ("1.2.0\n", "no version"),
        ("01.2.0", "no version"),
        ("1.3.0", "another version"),
    ],
)
def test_any_other_is_refused(checkout: Path, version: str, said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        release.check(checkout, version)


def test_a_version_without_its_part_of_the_changelog_is_refused(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.0\n\n## 1.1.0\n\nOld.\n")

    with pytest.raises(SystemExit, match=r"CHANGELOG\.md says nothing"):
        release.check(checkout, "1.2.0")


def test_the_released_action_uses_the_image_and_is_else_the_same(checkout: Path) -> None:
    before = yaml.safe_load((checkout / "action.yml").read_text())

    release.pin(checkout, IMAGE)

    after = yaml.safe_load((checkout / "action.yml").read_text())
    assert after["runs"].pop("image") == f"docker://{IMAGE}"
    assert before["runs"].pop("image") == "Dockerfile"
    assert after == before
    assert release.pinned_image(checkout) == IMAGE


@pytest.mark.parametrize(
    "image", ["registry.invalid/a:1.2.0", IMAGE[:-1], "", IMAGE + "\n  args: x"]
)
def test_an_image_that_is_not_named_by_digest_is_refused(checkout: Path, image: str) -> None:
    before = (checkout / "action.yml").read_text()

    with pytest.raises(SystemExit, match="cannot use"):
        release.pin(checkout, image)

    assert (checkout / "action.yml").read_text() == before


def test_main_builds_and_so_names_no_image() -> None:
    with pytest.raises(SystemExit, match="no release"):
        release.pinned_image(ROOT)


def test_nothing_is_tagged_before_the_image_deployed_and_v1_moves_last() -> None:
    jobs = WORKFLOW["jobs"]
    names = [step.get("name") for step in jobs["release"]["steps"]]

    assert jobs["self-test"]["needs"] == "build"
    assert set(jobs["release"]["needs"]) == {"build", "self-test"}
    assert names[-2:] == [
        "The release cannot be changed any more",
        "Move the tag of the major version",
    ]
    writing = [n for n, job in jobs.items() if job["permissions"].get("contents") == "write"]
    assert writing == ["release"]


def test_no_workflow_builds_the_released_image_twice() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()

    assert len(re.findall(r"docker (?:buildx )?build \.", text)) == 1


# -- rebuilt


FILE = Entry("file", "0o644", "0:0", "aa")


def test_images_that_hold_the_same_have_no_difference() -> None:
    assert list(rebuild.differences({"a": FILE}, {"a": FILE})) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "app/x.py: only in the first"),
        ({"app/x.py": FILE, "b": FILE}, "b: only in the second"),
        ({"app/x.py": Entry("file", "0o755", "0:0", "aa")}, "app/x.py: mode 0o644 / 0o755"),
        ({"app/x.py": Entry("file", "0o644", "0:0", "bb")}, "app/x.py: content aa / bb"),
        ({"app/x.py": Entry("file", "0o644", "1:0", "aa")}, "app/x.py: owner 0:0 / 1:0"),
    ],
)
def test_each_file_that_differs_is_told_with_what_differs(
    other: dict[str, Entry], said: str
) -> None:
    assert list(rebuild.differences({"app/x.py": FILE}, other)) == [said]
