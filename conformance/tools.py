"""The tools that are measured: how each is started with the kit's words, and what it offers.

A tool is a process: environment in; exit code and log out. May start processes. A tool that moves
no alias is judged by what callers of the function itself get.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from conformance.case import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.case import Case
    from conformance.world import World

ROOT: Final = Path(__file__).resolve().parent.parent
LIMIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of a tool ended.

    Attributes:
        log: stdout and stderr.
        outputs: As written to GITHUB_OUTPUT, unparsed.
    """

    exit_code: int
    log: str
    outputs: str


class Tool(Protocol):
    """A deploy action."""

    @property
    def name(self) -> str:
        """For the table."""
        ...

    @property
    def offers(self) -> frozenset[str]:
        """Of `case.FEATURES`."""
        ...

    def run(self, case: Case, world: World, workspace: Path, source: str) -> Ended:
        """Runs it once; whatever it does, it does to the world's port."""
        ...


def job(case: Case, workspace: Path) -> dict[str, str]:
    """The environment that GitHub's runner gives to every action.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    files = workspace.parent / "runner"
    files.mkdir(exist_ok=True)
    for name in ("output", "summary", "env", "path", "state"):
        (files / name).touch()
    event = case.event or {"name": "push", "payload": {}}
    (files / "event.json").write_text(json.dumps(event["payload"]))
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(files),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_OUTPUT": str(files / "output"),
        "GITHUB_STEP_SUMMARY": str(files / "summary"),
        "GITHUB_ENV": str(files / "env"),
        "GITHUB_PATH": str(files / "path"),
        "GITHUB_STATE": str(files / "state"),
        "GITHUB_EVENT_PATH": str(files / "event.json"),
        "GITHUB_EVENT_NAME": str(event["name"]),
        "GITHUB_REPOSITORY": "acme/orders",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": "5" * 40,
        "GITHUB_RUN_ID": "1001",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_API_URL": "http://127.0.0.1:9",  # nobody listens: no case needs GitHub
        "AWS_ACCESS_KEY_ID": "AKIATOOL000000000001",
        "AWS_SECRET_ACCESS_KEY": "tool",
        "AWS_REGION": "eu-west-1",
        **dict(case.environment),
    }


def started(command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> Ended:
    """Runs a process to its end, within a limit."""
    try:
        done = subprocess.run(  # noqa: S603 - the tool under measurement
            command,
            env=dict(environment),
            cwd=cwd,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        code, log = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        code, log = 124, (late.stdout or b"") + (late.stderr or b"") + b"\nthe kit's time is up\n"
    outputs = Path(environment["GITHUB_OUTPUT"]).read_text(encoding="utf-8", errors="replace")
    return Ended(code, log.decode(errors="replace"), outputs)


def inputs(given: Mapping[str, str]) -> dict[str, str]:
    """Inputs as environment variables, as the runner names them."""
    return {f"INPUT_{name.upper()}": value for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class Ours:
    """This repository's action: its program, or its image in a container.

    Attributes:
        image: None runs `entrypoint.py` with this Python.
    """

    image: str | None = None
    name: str = "signed-lambda-deploy"
    offers: frozenset[str] = FEATURES

    def run(self, case: Case, world: World, workspace: Path, source: str) -> Ended:
        """See `Tool`."""
        (workspace / "signer-root.pem").write_bytes(world.sandbox.signer_root_pem)
        given = {
            "command": case.command,
            "function-name": world.estate.function,
            "alias": "live",
            "aws-region": "eu-west-1",
            "aws-endpoint-url": world.url,
            "signer-root": "signer-root.pem",
            "comment": "off",
            "timeout-minutes": "2",
        }
        if case.command == "deploy":
            given |= {
                "source": source,
                "bucket": world.estate.bucket,
                "signing-profile": world.estate.profile,
            }
        environment = job(case, workspace) | inputs(given | dict(case.inputs))
        if self.image is None:
            command = [sys.executable, "-I", "-B", str(ROOT / "entrypoint.py")]
            return started(command, environment, workspace)
        folder = str(workspace.parent)
        command = ["docker", "run", "--rm", "--network", "host", "-v", f"{folder}:{folder}"]
        command += ["--workdir", str(workspace)]
        for variable in environment:
            command += ["-e", variable] if variable != "PATH" else []
        return started([*command, self.image], environment, workspace)


@dataclass(frozen=True, slots=True)
class AwsLambdaDeploy:
    """aws-actions/aws-lambda-deploy: its published `dist`, fetched by whoever runs the kit.

    It signs nothing and moves no alias: its worlds have no code signing, and what callers of the
    unqualified function get is what it released.
    Source: its action.yml and README at 5ab3fe6.

    Attributes:
        dist: Its `dist/index.js`.
        node: The program that runs it.
    """

    dist: Path
    node: str = "node"
    name: str = "aws-lambda-deploy"
    offers: frozenset[str] = frozenset()

    def run(self, case: Case, world: World, workspace: Path, source: str) -> Ended:
        """See `Tool`."""
        given = {
            "function-name": world.estate.function,
            "code-artifacts-dir": source,
            "handler": "app.handler",
            "runtime": "python3.13",
            "package-type": "Zip",
            "dry-run": "false",
            "publish": "true",
            "role": "arn:aws:iam::111122223333:role/orders",
            "environment": json.dumps({"TABLE": "orders", "API_KEY": "s3cr3t-v4lue"}),
            "timeout": "3",
            "memory-size": "128",
        }
        environment = job(case, workspace) | inputs(given | dict(case.inputs))
        environment |= {"AWS_ENDPOINT_URL": world.url}
        return started([self.node, str(self.dist)], environment, workspace)
