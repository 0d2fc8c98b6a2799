"""Real workflow files under act: `uses: ./`, `uses: owner/name@v1`, outputs in later steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.support.docker_engine import BASE, ROOT, engine, sandbox_on_a_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.docker, pytest.mark.act]

BY_NAME = """
on: push
permissions: {}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - id: deploy
        uses: acme/signed-lambda-deploy@v1
        with:
          function-name: orders
          source: demo/function
          bucket: acme-artifacts
          signing-profile: orders_prod
          aws-region: eu-west-1
          aws-endpoint-url: ${{ vars.SANDBOX_URL }}
          signer-root: signer-root.pem
          exclude: words.txt
          comment: 'off'
      - env:
          ALL: ${{ toJSON(steps.deploy.outputs) }}
        run: echo "$ALL"
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    engine().close()
    folder = tmp_path_factory.mktemp("act") / "orders"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in listed:
        source = ROOT / name
        if source.is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    with sandbox_on_a_port(folder / "signer-root.pem") as url:
        yield Checkout(folder, url)


class Checkout:
    """A clone of the project with a sandbox for its AWS."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        for arguments in (
            ["init", "-q", "-b", "main"],
            ["remote", "add", "origin", "https://github.com/acme/orders"],
            ["add", "-A"],
            ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *arguments], cwd=folder, check=True)

    def act(self, event: str, *arguments: str) -> tuple[int, str]:
        """Runs act: exit code and log."""
        command = [
            str(Path(sys.executable).parent / "act"),
            event,
            *arguments,
            *("-P", f"ubuntu-latest={BASE}", "--pull=false", "--network=host", "--rm"),
            *("--var", f"SANDBOX_URL={self.url}"),
            *("-s", "GITHUB_TOKEN=none"),
        ]
        environment = os.environ | {"HOME": str(self.folder.parent)}
        done = subprocess.run(
            command,
            check=False,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=540,
        )
        return done.returncode, done.stdout + done.stderr

    def alias(self) -> str:
        """The version that `live` runs."""
        client = boto3.client(
            "lambda",
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        answer = client.get_alias(FunctionName="orders", Name="live")
        client.close()
        return str(answer["FunctionVersion"])


def test_the_self_test_workflow_deploys_and_rolls_back_by_hand(checkout: Checkout) -> None:
    workflow = ("-W", ".github/workflows/self-test.yml")

    first_code, first = checkout.act("push", *workflow)
    app = checkout.folder / "demo" / "function" / "app.py"
    app.write_text(app.read_text().replace('"world"', '"act"'))
    second_code, second = checkout.act("push", *workflow)
    after_second = checkout.alias()
    back_code, back = checkout.act(
        "workflow_dispatch", *workflow, "--input", "to=previous", "--input", "reason=orders fail"
    )

    assert first_code == 0, first
    assert "outcome=deployed version=1 build=" in first
    assert second_code == 0, second
    assert after_second == "2"
    assert back_code == 0, back
    assert "outcome=rolled-back version=1 previous=2" in back
    assert checkout.alias() == "1"


def test_the_form_that_users_write_works_and_gives_every_output(checkout: Checkout) -> None:
    (checkout.folder / "by-name.yml").write_text(BY_NAME)

    code, log = checkout.act(
        "push",
        *("-W", "by-name.yml"),
        *("--local-repository", f"acme/signed-lambda-deploy@v1={checkout.folder}"),
        *("--env", "AWS_ACCESS_KEY_ID=testing", "--env", "AWS_SECRET_ACCESS_KEY=testing"),
    )

    assert code == 0, log
    for name in ("outcome", "version", "build-sha256", "code-sha256", "hash-alias", "report"):
        assert f'"{name}": "' in log


def test_a_rollback_started_with_bogus_input_is_refused(checkout: Checkout) -> None:
    before = checkout.alias()

    code, log = checkout.act(
        "workflow_dispatch",
        *("-W", ".github/workflows/self-test.yml"),
        *("--input", "to=latest", "--input", "reason=x"),
    )

    assert code != 0
    assert "E-INPUT-03" in log
    assert checkout.alias() == before
