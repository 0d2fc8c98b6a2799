"""The commands for people: which there are, and that they run as a process."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox import Sandbox
from signed_lambda.console import COMMANDS, Terminal, main
from tests.promises.modules import ROOT
from tests.support.port import on_a_port

if TYPE_CHECKING:
    from pathlib import Path


def terminal() -> Terminal:
    """One that keeps what is written."""
    return Terminal({}, io.StringIO(), io.StringIO(), io.StringIO())


@pytest.mark.parametrize("wrong", [[], ["deploy"], ["--version"]])
def test_an_unknown_command_is_told_which_there_are(wrong: list[str]) -> None:
    held = terminal()

    assert main(wrong, held) == 10
    assert isinstance(held.stderr, io.StringIO)
    assert all(name in held.stderr.getvalue() for name in COMMANDS)


def test_help_names_each_command() -> None:
    held = terminal()

    assert main(["--help"], held) == 0
    assert isinstance(held.stdout, io.StringIO)
    assert all(what in held.stdout.getvalue() for _, what in COMMANDS.values())


def ran(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m signed_lambda ...` as a process."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "signed_lambda", *arguments],
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(ROOT / "src")} | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_wrong_arguments_are_told_before_boto3_is_imported(tmp_path: Path) -> None:
    ended = ran("setup", "--function", "a b", cwd=tmp_path)

    assert (ended.returncode, ended.stdout) == (10, "")
    assert "E-INPUT-03 --function: 'a b' has a space at position 2." in ended.stderr
    assert "boto" not in ended.stderr


def test_without_credentials_the_advice_is_for_a_terminal(tmp_path: Path) -> None:
    ended = ran("setup", "--function", "orders", "--region", "eu-west-1", cwd=tmp_path)

    assert ended.returncode == 13
    assert "aws configure export-credentials --format env" in ended.stderr


def test_as_a_process_it_asks_the_account_of_the_environments_credentials(tmp_path: Path) -> None:
    with on_a_port(Sandbox()) as url:
        ended = ran(
            *("setup", "--check", "--function", "orders", "--aws-endpoint-url", url),
            cwd=tmp_path,
            AWS_ACCESS_KEY_ID="testing",
            AWS_SECRET_ACCESS_KEY="testing",
            AWS_REGION="eu-west-1",
        )

    assert ended.returncode == 40, ended.stderr[-2000:]
    assert "setup of function orders in eu-west-1, account 111122223333" in ended.stdout
    assert "missing  function: no orders" in ended.stdout
