"""Snapshots: `pytest tests/badinputs --refresh-badinputs` writes them anew, to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.github_server import GitHubServer

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Only known when pytest is given this folder or runs all tests from the root."""
    parser.addoption(
        "--refresh-badinputs",
        action="store_true",
        help="write each message.txt of tests/badinputs anew instead of comparing",
    )


@pytest.fixture
def refresh(request: pytest.FixtureRequest) -> bool:
    """Whether snapshots are written."""
    return bool(request.config.getoption("--refresh-badinputs", default=False))


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """GitHub's API, which judges what it is asked."""
    with GitHubServer() as server:
        yield server

    assert server.violations == []
