"""Which pull request holds a commit that somebody really proposed, merged or pushed to a fork."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from signed_lambda.github import NoPullRequest, PullRequest, find_pull_request
from tests.support.github_server import User
from tests.unit.github.conftest import BACKENDS
from tests.unit.report.cases import RUN

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from signed_lambda.report.model import Run
    from tests.support.github_server import GitHubServer

pytestmark = pytest.mark.parametrize("server", BACKENDS, indirect=True)

OTHER = "f" * 40
OPEN_9 = PullRequest(repository="acme/orders", number=9, base="main")


def run(event: str, **changes: str) -> Run:
    return replace(RUN, event=event, **changes)


def test_commit_of_an_open_pull_request_finds_it(server: GitHubServer, access: Access) -> None:
    commit = server.propose(9)
    server.propose(10)

    found = find_pull_request({}, run("push", commit=commit), access)

    assert found == replace(OPEN_9, head=commit)


def test_commit_of_a_merge_finds_the_pull_request_merged(
    server: GitHubServer, access: Access
) -> None:
    head = server.propose(9)
    server.propose(10)
    commit = server.merge(9)

    found = find_pull_request({}, run("push", commit=commit), access)

    assert found == replace(OPEN_9, head=head, merged=True, merge_commit=commit)


def test_commit_of_a_fork_is_found_by_its_branch(server: GitHubServer, access: Access) -> None:
    server.propose(9)
    commit = server.propose(10, owner="mallory")
    told = {
        "head_sha": commit,
        "head_branch": "fix-10",
        "head_repository": {"owner": {"login": "mallory"}},
        "pull_requests": [],
    }

    found = find_pull_request({"workflow_run": told}, run("workflow_run", commit=OTHER), access)

    assert found == replace(OPEN_9, number=10, head=commit, from_fork=True)


def test_commit_of_none_is_a_reason(server: GitHubServer, access: Access) -> None:
    server.propose(9)

    found = find_pull_request({}, run("push", commit=OTHER), access)

    assert found == NoPullRequest("no pull request of this repository holds commit fffffff")


@pytest.mark.parametrize(("owner", "from_fork"), [("acme", False), ("mallory", True)])
def test_number_is_looked_up_and_a_token_that_may_read_is_enough(
    server: GitHubServer, access: Access, *, owner: str, from_fork: bool
) -> None:
    commit = server.propose(9, owner=owner)
    server.users["ghs_ours"] = User("github-actions[bot]", pull_requests="read")

    found = find_pull_request({}, run("push"), access, pr_number="9")
    none = find_pull_request({}, run("push"), access, pr_number="99")

    assert found == replace(OPEN_9, head=commit, from_fork=from_fork)
    assert isinstance(none, NoPullRequest)
    assert "GitHub answered 404: Not Found" in none.reason


def test_github_enterprise_server_is_asked_under_its_own_path(
    server: GitHubServer, access: Access
) -> None:
    server.prefix = "/api/v3"
    commit = server.propose(9)
    there = replace(access, api_url=server.url + "/")

    found = find_pull_request({}, run("push", commit=commit), there)

    assert found == replace(OPEN_9, head=commit)
    assert [s.path for s in server.seen] == [f"/repos/acme/orders/commits/{commit}/pulls"]
