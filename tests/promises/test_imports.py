"""Nothing is imported that the command does not use: the real process runs, and tells it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from signed_lambda.errors import ScanError
from tests.promises.modules import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LATER: Final = ("github", "requests", "cryptography", "asn1crypto", "tree_sitter", "yaml", "boto3")
"""Of these libraries nothing is needed before the first answer came."""
NEVER: Final = ("boto3", "s3transfer", "multiprocessing", "unittest", "pdb")
GRAMMARS: Final = ("javascript", "typescript", "go", "java", "hcl")
BUILD: Final = {"source": "function", "bucket": "artefacts", "signing-profile": "orders_prod"}
INPUTS: Final[dict[str, Mapping[str, str]]] = {
    "deploy": BUILD,
    "plan": BUILD,
    "rollback": {},
    "promote": {"from-alias": "staging"},
    "verify": {},
    "history": {},
    "lock": {},
}
OTHERS: Final = {
    "deploy": ("commands.rollback", "commands.verify", "commands.promote"),
    "plan": ("commands.rollback", "commands.verify", "commands.promote"),
    "rollback": ("scan", "commands.plan", "publishing", "report.sarif", "package.packing"),
    "promote": ("scan", "commands.plan", "publishing", "report.sarif"),
    "verify": ("scan", "commands.plan", "publishing", "report.sarif"),
    "history": ("scan", "commands.plan", "commands.deploy", "publishing", "report.sarif"),
    "lock": ("scan", "commands.plan", "commands.verify", "publishing", "report.sarif"),
}
"""What of ours belongs to other commands, or comes when there is something to tell."""


@dataclass
class Place:
    """A workspace in which the action is run as a process."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Writes a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(
        self, command: str, inputs: Mapping[str, str], environ: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Starts the entry point; it tells each module on stderr when it is loaded."""
        given = {"command": command, "function-name": "orders", "comment": "off", **inputs}
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "importtime", ROOT / "entrypoint.py"],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.folder),
                "GITHUB_REPOSITORY": "acme/orders",
                "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_REGION": "eu-west-1",
                **{f"INPUT_{name.upper()}": value for name, value in given.items()},
                **environ,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def before_the_first_request(
        self, command: str, environ: Mapping[str, str] | None = None
    ) -> set[str]:
        """Modules that are loaded when the first request comes."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(60)
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            process = self.start(
                command, {**INPUTS[command], "aws-endpoint-url": url}, environ or {}
            )
            try:
                connection, _ = server.accept()
                assert connection.recv(1)
                connection.close()
            finally:
                process.kill()
                _, told = process.communicate()
        return modules(told)

    def scan(self) -> set[str]:
        """Modules that a whole review loads, with all that is told at its end."""
        process = self.start("scan", {"source": "function"}, {})
        _, told = process.communicate(timeout=60)
        assert process.returncode in (0, ScanError.exit_code), told[-2000:]
        return modules(told)


def modules(told: str) -> set[str]:
    """Names of the modules that `-X importtime` tells."""
    found = set(re.findall(r"^import time: +\d+ \| +\d+ \| *(\S+)$", told, re.MULTILINE))
    assert "signed_lambda.signals" in found
    return found


def of(libraries: tuple[str, ...], loaded: set[str]) -> list[str]:
    """Modules that belong to the libraries."""
    return sorted(m for m in loaded if m.startswith(libraries))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """With a Python function."""
    made = Place(tmp_path)
    made.write("function/app.py", "def handler(event, context):\n    return event\n")
    return made


@pytest.mark.parametrize("command", INPUTS)
def test_before_the_first_request_only_what_asks_is_loaded(place: Place, command: str) -> None:
    loaded = place.before_the_first_request(command)

    assert {"botocore.session", "signed_lambda.aws.session"} <= loaded
    assert of(LATER, loaded) == []
    assert of(NEVER, loaded) == []
    assert of(tuple(f"signed_lambda.{name}" for name in OTHERS[command]), loaded) == []


def test_a_pull_request_loads_pygithub_after_the_first_request(place: Place) -> None:
    event = {"pull_request": {"number": 7, "head": {"sha": "e" * 40}}}
    place.write("event.json", json.dumps(event))
    environ = {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(place.folder / "event.json"),
        "INPUT_GITHUB-TOKEN": "ghs_token",
        "INPUT_COMMENT": "update",
    }

    loaded = place.before_the_first_request("plan", environ)

    assert "signed_lambda.runner" in loaded
    assert of(("github", "requests", "jwt", "cryptography", "signed_lambda.github"), loaded) == []


def test_a_review_of_python_loads_nothing_of_aws_and_no_other_parser(place: Place) -> None:
    loaded = place.scan()

    assert of((*LATER, "botocore", "urllib3", "ssl", "signed_lambda.aws"), loaded) == []


JS: Final = """const { LambdaClient, InvokeCommand } = require("@aws-sdk/client-lambda");
exports.handler = async () => new LambdaClient({}).send(
  new InvokeCommand({ FunctionName: process.env.AWS_LAMBDA_FUNCTION_NAME }));
"""
GO: Final = """package main
import "github.com/aws/aws-sdk-go-v2/service/lambda"
func handler(c *lambda.Client) { c.Invoke(ctx, &lambda.InvokeInput{FunctionName: name}) }
"""
JAVA: Final = """import software.amazon.awssdk.services.lambda.LambdaClient;
class A { void f(LambdaClient c) { c.invoke(r -> r.functionName("orders")); } }
"""


@pytest.mark.parametrize(
    ("name", "text", "grammar"),
    [
        ("function/a.js", JS, "javascript"),
        ("function/a.ts", JS, "typescript"),
        ("function/a.go", GO, "go"),
        ("function/A.java", JAVA, "java"),
        ("main.tf", 'resource "aws_sqs_queue" "q" {}\n', "hcl"),
    ],
    ids=GRAMMARS,
)
def test_a_language_that_is_there_loads_its_grammar_alone(
    place: Place, name: str, text: str, grammar: str
) -> None:
    place.write(name, text)

    loaded = place.scan()

    assert [g for g in GRAMMARS if f"tree_sitter_{g}" in loaded] == [grammar]


def test_a_template_loads_the_yaml_parser(place: Place) -> None:
    place.write("template.yaml", "Resources: {}\n")

    assert "yaml" in place.scan()
