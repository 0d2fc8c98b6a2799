"""A GitHub on loopback and a clock that does not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import Access
from tests.support.github_emulate import Emulate, EmulatedGitHub
from tests.support.github_server import GitHubServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


BACKENDS = ("own state", "emulate")


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """UTC."""
        return datetime(2026, 11, 22, 9, 0, tzinfo=UTC) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        """Seconds."""
        return 1000.0 + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        """Does not wait."""
        self.slept.append(seconds)
        self.on_sleep()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def emulate() -> Iterator[Emulate]:
    with Emulate() as running:
        yield running


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[GitHubServer]:
    """Over its own state; over emulate's where the test's module says so (`BACKENDS`)."""
    if getattr(request, "param", "own state") == "emulate":
        made: GitHubServer = EmulatedGitHub(request.getfixturevalue("emulate"))
    else:
        made = GitHubServer()
    with made as running:
        yield running
    told = {"requests": len(running.seen), "violations": len(running.violations)}
    request.node.user_properties += told.items()  # read by tests.support.github_table

    assert running.violations == []


@pytest.fixture
def access(server: GitHubServer, clock: Clock) -> Access:
    return Access(token="ghs_ours", clock=clock, api_url=server.url)
