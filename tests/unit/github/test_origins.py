"""Where releases came from: pull requests of commits, people behind runs; by the dozen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.errors import Cancelled
from signed_lambda.github import Origins, find_origins
from tests.support.github_server import User
from tests.unit.report.cases import RUN

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from tests.support.github_server import GitHubServer

OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def known(server: GitHubServer) -> GitHubServer:
    """Two commits of two pull requests, two runs; the second run was started again by another."""
    for number, commit in ((8, OLD), (9, NEW)):
        pull = server.pull(number, state="closed", merged_at="2026-11-22T08:59:00Z")
        server.commits[commit] = [pull | {"merge_commit_sha": commit}]
    server.started = {1: ("anna", 1, "anna"), 2: ("anna", 2, "bert")}
    return server


def test_each_commit_and_each_attempt_is_told(known: GitHubServer, access: Access) -> None:
    found = find_origins([OLD, NEW], [(1, 1), (2, 2), (2, 1)], RUN, access)

    assert found == Origins({OLD: 8, NEW: 9}, {(1, 1): "anna", (2, 2): "bert", (2, 1): "anna"})
    assert len(known.seen) == 5


def test_what_this_repository_does_not_have_hides_nothing_else(
    known: GitHubServer, access: Access
) -> None:
    found = find_origins(["c" * 40, NEW], [(7, 1), (1, 1)], RUN, access)

    assert found == Origins({NEW: 9}, {(1, 1): "anna"})
    assert known.violations == []


def test_a_token_that_may_not_read_runs_still_tells_pull_requests(
    known: GitHubServer, access: Access
) -> None:
    known.users["ghs_ours"] = User("github-actions[bot]", actions="none")

    found = find_origins([NEW], [(1, 1), (2, 2)], RUN, access)

    assert (found.pull_requests, found.people) == ({NEW: 9}, {})
    assert found.notice.startswith("who started runs could not be asked for: ")
    assert len(known.seen) == 2


def test_without_token_or_repository_nothing_is_asked(known: GitHubServer, access: Access) -> None:
    without = [
        find_origins([NEW], [], RUN, replace(access, token="")),
        find_origins([NEW], [], replace(RUN, repository="acme/../orders"), access),
    ]

    assert all(found.notice and not found.pull_requests for found in without)
    assert known.seen == []


def test_a_cancelled_run_tells_what_came_before(known: GitHubServer, access: Access) -> None:
    asked: list[int] = []

    def check() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise Cancelled.of("E-CANCEL-01", "stopped", "Run it again")

    found = find_origins([OLD, NEW], [], RUN, replace(access, check=check))

    assert found == Origins({OLD: 8}, {}, "the job was cancelled")
    assert len(known.seen) == 1
