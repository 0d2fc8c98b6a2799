"""The team whose workflows are run: AWS and GitHub on ports, a repository with our examples."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.act.world import FORK_HEAD, HEAD, HERE, RUNNER, Team
from tests.support.docker_engine import engine, sandbox_on_a_port
from tests.support.github_server import GitHubServer, User

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _head(branch: str, sha: str, owner: str) -> dict[str, Any]:
    repository = {"full_name": f"{owner}/orders", "owner": {"login": owner}}
    return {"ref": branch, "sha": sha, "label": f"{owner}:{branch}", "repo": repository}


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    client = engine()
    client.images.build(path=str(HERE / "runner"), tag=RUNNER, rm=True, forcerm=True)
    client.close()
    with sandbox_on_a_port(tmp_path_factory.mktemp("sandbox") / "signer-root.pem") as url:
        yield url


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """Pull request 7 is the team's own, 8 a stranger's; a fork's run is given `ghs_fork`."""
    with GitHubServer() as running:
        running.users["ghs_fork"] = User("github-actions[bot]", pull_requests="read", checks="read")
        running.pull(7, head=_head("hello", HEAD, "acme"))
        running.pull(8, head=_head("latin", FORK_HEAD, "stranger"))
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
