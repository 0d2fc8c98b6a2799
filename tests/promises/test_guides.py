"""What the pages tell people to type and to copy: each line is run, each workflow is checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.promises.modules import ROOT
from tests.support.action import Team
from tests.support.admin import Admin
from tests.support.port import on_a_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKES: Final = re.compile(r"^(?:make .*|python bench/.*)\n", re.MULTILINE)
"""Run elsewhere: by .ci/run, and by `make bench`."""


def _fences(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        found = re.findall(
            rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
        for number, text in enumerate(found, 1):
            yield f"{page.relative_to(ROOT)}:{number}", text


LINES: Final = [(name, left) for name, text in _fences("sh") if (left := MAKES.sub("", text))]
WORKFLOWS: Final = [(name, text) for name, text in _fences("yaml") if "\njobs:\n" in text]
BLOCK = pytest.mark.parametrize("text", [t for _, t in LINES], ids=[name for name, _ in LINES])
WORKFLOW = pytest.mark.parametrize(
    "text", [t for _, t in WORKFLOWS], ids=[name for name, _ in WORKFLOWS]
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Admin, str]]:
    """An account with a function and nothing else, and the port that it is on."""
    admin = Admin(tmp_path_factory.mktemp("fresh"))
    with on_a_port(admin.sandbox) as url:
        yield admin, url


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, fresh: tuple[Admin, str]) -> Iterator[Team]:
    """Version 2 of the function is live, 1 was before; AWS is on a port."""
    del fresh  # made first: the clients of this process are of the world that was made last
    team = Team(tmp_path_factory.mktemp("guides"))
    team.deployed()
    team.change_code()
    team.deployed()
    shutil.copytree(team.workspace / "function", team.workspace / "dist")
    with team.on_a_port():
        yield team


@pytest.fixture
def shell(world: Team, fresh: tuple[Admin, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that has `aws`, `gh`, `signed_lambda`, all led to a sandbox."""
    admin, url = fresh
    command = tmp_path / "signed_lambda"
    command.write_text(
        f"#!/bin/sh\nPYTHONPATH={ROOT}/src exec {sys.executable} -m signed_lambda"
        f' "$@" --checkout {admin.checkout} --aws-endpoint-url {url}\n'
    )
    command.chmod(0o755)
    for name in ("aws", "gh"):
        command = tmp_path / name
        # Not in sh: it drops variables whose names have hyphens.
        command.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path[:0] = [{str(ROOT)!r}]\n"
            f"from tests.support.{name}_cli import main\nsys.exit(main(sys.argv[1:]))\n"
        )
        command.chmod(0o755)
    return {
        "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "SANDBOX_URL": world.endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "GITHUB_WORKSPACE": str(world.workspace),
        "INPUT_AWS-ENDPOINT-URL": world.endpoint,
        "INPUT_SIGNER-ROOT": "signer-root.pem",
        "INPUT_COMMENT": "off",
    }


def _run(text: str, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )


@BLOCK
def test_a_line_to_type_does_what_the_page_says(
    world: Team, shell: dict[str, str], text: str
) -> None:
    world.client("lambda").update_alias(
        FunctionName="orders", Name="live", FunctionVersion="2", RoutingConfig={}
    )

    ended = _run(text, shell)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout


def test_a_line_with_a_mistake_fails(shell: dict[str, str]) -> None:
    wrong = (
        "aws lambda get-alias --function-name orders --alias live",
        "aws lambda get-aliases --function-name orders",
        "gh workflow run rollback.yml -f version=1",
        "gh workflow run undo.yml -f to=1",
    )

    assert [line for line in wrong if _run(line, shell).returncode == 0] == []


@WORKFLOW
def test_a_workflow_to_copy_has_no_finding(text: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "copied.yml").write_text(text)
    (tmp_path / "zizmor.yml").write_text((ROOT / ".github" / "zizmor.yml").read_text())
    tools = Path(sys.executable).parent

    strict = ["--offline", "--quiet", "--persona=auditor", "--strict-collection"]
    audit = [f"{tools}/zizmor", *strict, "--config", str(tmp_path / "zizmor.yml")]
    schema = [f"{tools}/check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    for check in (audit, schema):
        ended = subprocess.run(
            [*check, str(folder / "copied.yml")], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_page_of_the_guides_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    guides = [page.name for page in (ROOT / "docs" / "guides").glob("*.md")]

    assert [name for name in guides if f"guides/{name}" not in readme] == []
