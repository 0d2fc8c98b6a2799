"""`require-attestation`, whole runs: what is attested goes on, and nothing else is written."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import pytest

from signed_lambda.model import Sha256
from tests.support.github_server import GitHubServer
from tests.support.sigstore import Instance, Run
from tests.unit.package.zip_bytes import Part, Zip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.action import Ended, Team

GITHUB: Final = Instance(private=True, name="GitHub")
CODE: Final = b"def handler(event, context):\n    return 'attested'\n"
BY: Final = "acme/builds/.github/workflows/build.yml"


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as running:
        yield running
    assert running.violations == []


def run(team: Team, github: GitHubServer, command: str = "deploy", **inputs: str) -> Ended:
    """With a zip that the reusable workflow attested, unless a test changes one of the two."""
    zipped = team.workspace / "build.zip"
    if not zipped.exists():
        zipped.write_bytes(Zip(parts=(Part(name=b"app.py", content=CODE),)).build())
        sha256 = hashlib.sha256(zipped.read_bytes()).hexdigest()
        made = Run(sha256=Sha256.from_hex(sha256), workflow=f"{BY}@refs/heads/main")
        github.attestations[sha256] = [{"bundle": GITHUB.attest(made)}]
    (team.workspace / "roots.jsonl").write_text(json.dumps(GITHUB.roots()))
    asked = {
        "source": "build.zip",
        "require_attestation": "acme/orders",
        "attestation_workflow": BY,
        "attestation_roots": "roots.jsonl",
        "github_token": "ghs_ours",
    }
    return team.run(command, env={"GITHUB_API_URL": github.url}, **asked | inputs)


@pytest.mark.parametrize("command", ["deploy", "plan"])
def test_a_zip_that_the_wanted_workflow_attested_goes_on(
    team: Team, github: GitHubServer, command: str
) -> None:
    ended = run(team, github, command)

    facts = [f["proof"] for f in ended.report["facts"] if f["step"] == "attestation"]
    assert ended.exit_code == 0, ended.log
    assert facts == [
        (
            f"{BY}@refs/heads/main in acme/orders of commit ccccccc, signed 2026-11-20 08:00:05 UTC"
            " (timestamping authority)"
        )
    ]


def test_a_zip_that_changed_after_it_was_attested_writes_nothing(
    team: Team, github: GitHubServer
) -> None:
    run(team, github, "plan")
    with (team.workspace / "build.zip").open("r+b") as file:
        file.write(Zip(parts=(Part(name=b"app.py", content=CODE + b"#"),)).build())

    ended = run(team, github)

    assert (ended.exit_code, ended.error_ids) == (41, ["E-ATTESTATION-01"])
    assert [c for c in ended.calls if c.write] == []


def test_a_plan_tells_it_beside_all_else_that_stands_against_a_deploy(
    team: Team, github: GitHubServer
) -> None:
    team.sandbox.acts.set_code_signing_policy(team.estate.function, "Warn")

    ended = run(team, github, "plan", attestation_workflow="")

    assert ended.exit_code == 41
    assert ended.error_ids == ["E-ATTESTATION-02", "E-CODESIGNING-02"]
    assert "On deploy" not in ended.log


def test_a_folder_is_known_by_the_zip_that_is_made_of_it(team: Team, github: GitHubServer) -> None:
    built = team.run("plan").outputs["build-sha256"]
    bundle = GITHUB.attest(Run(sha256=Sha256.from_hex(built)))
    github.attestations[built] = [{"bundle": bundle}]

    ended = run(team, github, source="function", attestation_workflow="")

    assert ended.exit_code == 0, ended.log


def test_without_the_input_nothing_is_asked(team: Team, github: GitHubServer) -> None:
    ended = team.run(env={"GITHUB_API_URL": github.url}, github_token="ghs_ours")

    assert ended.exit_code == 0
    assert [s.line for s in github.seen if "attestations" in s.path] == []
