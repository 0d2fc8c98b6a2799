"""The team whose workflows are run: AWS and GitHub on ports, a repository with our examples."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.act.world import HERE, RUNNER, Team
from tests.support.docker_engine import engine, sandbox_on_a_port
from tests.support.github_server import GitHubServer, User

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    client = engine()
    client.images.build(path=str(HERE / "runner"), tag=RUNNER, rm=True, forcerm=True)
    client.close()
    with sandbox_on_a_port(tmp_path_factory.mktemp("sandbox") / "signer-root.pem") as url:
        yield url


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """`ghs_ours` may write, `ghs_fork` is what a fork's pull request is given."""
    with GitHubServer() as running:
        running.users["ghs_fork"] = User("github-actions[bot]", may_write=False)
        running.pull(7)
        yield running

    assert running.violations == []


@pytest.fixture
def shipped() -> str:
    """The folder whose workflows the team has copied; a test can name another."""
    return "examples"


@pytest.fixture
def team(tmp_path: Path, sandbox_url: str, github: GitHubServer, shipped: str) -> Iterator[Team]:
    """A team before its first deploy."""
    reset = urllib.request.Request(f"{sandbox_url}/_sandbox/reset", method="POST")
    urllib.request.urlopen(reset).close()
    founded = Team.found(tmp_path, aws=sandbox_url, github=github, shipped=shipped)
    yield founded
    founded.close()
