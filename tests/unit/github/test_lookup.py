"""Which pull request a run belongs to: from every event, never a foreign one, never a guess."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.errors import Cancelled
from signed_lambda.github import NoPullRequest, PullRequest, find_pull_request
from tests.unit.report.cases import COMMIT, RUN

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from signed_lambda.report.model import Run
    from tests.support.github_server import GitHubServer
    from tests.unit.github.conftest import Clock

OTHER = "f" * 40
ROOT = Path(__file__).parents[3]
THIS = PullRequest(repository="acme/orders", number=7, head=OTHER, base="x")
OPEN_7 = PullRequest(repository="acme/orders", number=7, head="0" * 40, base="main")
MERGED_7 = replace(OPEN_7, merged=True, merge_commit=COMMIT)
MERGED = {"state": "closed", "merged_at": "2026-11-22T08:59:00Z", "merge_commit_sha": COMMIT}


def run(event: str, **changes: str) -> Run:
    return replace(RUN, event=event, **changes)


def side(full_name: str | None, sha: str = OTHER) -> dict[str, Any]:
    return {"ref": "x", "sha": sha, "repo": full_name and {"full_name": full_name}}


def pull_request_event(**changes: object) -> dict[str, Any]:
    ours = {"number": 7, "base": side("acme/orders"), "head": side("acme/orders")}
    return {"pull_request": ours | changes}


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_pull_request_event_names_it_without_asking(
    server: GitHubServer, access: Access, name: str
) -> None:
    found = find_pull_request(pull_request_event(), run(name), access)

    assert found == THIS
    assert server.seen == []


@pytest.mark.parametrize("head", ["mallory/orders", None], ids=["fork", "deleted fork"])
def test_head_in_another_repository_is_a_fork(access: Access, head: str | None) -> None:
    event = pull_request_event(head=side(head))

    found = find_pull_request(event, run("pull_request"), access)

    assert found == replace(THIS, from_fork=True)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (pull_request_event(base=side("mallory/orders")), "of another repository"),
        (pull_request_event(base=side(None)), "of another repository"),
        (pull_request_event(number="7"), "names no pull request"),
        (pull_request_event(number=True), "names no pull request"),
        (pull_request_event(number=0), "names no pull request"),
        ({"pull_request": "x"}, "names no pull request"),
        ({}, "names no pull request"),
    ],
)
def test_pull_request_event_of_another_form_names_none(
    server: GitHubServer, access: Access, event: dict[str, Any], why: str
) -> None:
    found = find_pull_request(event, run("pull_request"), access)

    assert isinstance(found, NoPullRequest)
    assert why in found.reason
    assert not found.expected
    assert server.seen == []


def test_repository_is_compared_without_case(access: Access) -> None:
    event = pull_request_event(base=side("Acme/Orders"), head=side("ACME/orders"))

    found = find_pull_request(event, run("pull_request"), access)

    assert found == THIS


@pytest.mark.parametrize("name", ["workflow_dispatch", "schedule", "repository_dispatch", "x"])
def test_events_without_a_pull_request_have_none_as_expected(
    server: GitHubServer, access: Access, name: str
) -> None:
    found = find_pull_request({}, run(name), access)

    assert found == NoPullRequest(f"the event '{name}' belongs to no pull request", expected=True)
    assert server.seen == []


def test_outside_of_github_there_is_none_as_expected(access: Access) -> None:
    found = find_pull_request({}, run("", repository=""), access)

    assert isinstance(found, NoPullRequest)
    assert found.expected


def test_push_finds_the_pull_request_whose_merge_it_is(
    server: GitHubServer, access: Access
) -> None:
    server.commits[COMMIT] = [
        server.pull(3, **(MERGED | {"merge_commit_sha": OTHER})),
        server.pull(7, **MERGED),
        server.pull(9),
    ]

    found = find_pull_request({}, run("push"), access)

    assert found == MERGED_7
    assert [s.path for s in server.seen] == [f"/repos/acme/orders/commits/{COMMIT}/pulls"]


def test_push_to_a_branch_finds_the_open_pull_request_with_that_head(
    server: GitHubServer, access: Access
) -> None:
    server.commits[COMMIT] = [
        server.pull(3, state="closed"),
        server.pull(7, head=side("acme/orders", COMMIT)),
        server.pull(9, **(MERGED | {"merge_commit_sha": OTHER})),
    ]

    found = find_pull_request({}, run("push"), access)

    assert found == replace(OPEN_7, head=COMMIT)


def test_push_never_takes_a_pull_request_of_another_repository(
    server: GitHubServer, access: Access
) -> None:
    server.commits[COMMIT] = [server.pull(7, **MERGED, base=side("mallory/orders"))]

    found = find_pull_request({}, run("push"), access)

    assert found == NoPullRequest("no pull request of this repository holds commit a1b2c3d")


def test_push_takes_neither_a_closed_nor_one_of_several(
    server: GitHubServer, access: Access
) -> None:
    server.commits[COMMIT] = [server.pull(3, state="closed")]
    closed = find_pull_request({}, run("push"), access)
    server.commits[COMMIT] = [server.pull(9), server.pull(8)]
    several = find_pull_request({}, run("push"), access)

    assert closed == NoPullRequest("no pull request of this repository holds commit a1b2c3d")
    assert several == NoPullRequest("several pull requests hold commit a1b2c3d: 8, 9")


def test_push_reads_all_pages_of_pull_requests(server: GitHubServer, access: Access) -> None:
    closed = [server.pull(n, state="closed") for n in range(100, 230)]
    server.commits[COMMIT] = [*closed, server.pull(7, **MERGED)]

    found = find_pull_request({}, run("push"), access)

    assert found == MERGED_7
    assert len(server.seen) == 2


def test_push_without_a_commit_names_none(server: GitHubServer, access: Access) -> None:
    found = find_pull_request({}, run("push", commit=""), access)

    assert found == NoPullRequest("the event names no commit")
    assert server.seen == []


def test_workflow_run_of_a_fork_is_found_by_its_head(server: GitHubServer, access: Access) -> None:
    event = {"workflow_run": {"head_sha": COMMIT, "pull_requests": []}}
    server.commits[COMMIT] = [server.pull(7, head=side("mallory/orders", COMMIT))]

    found = find_pull_request(event, run("workflow_run", commit=OTHER), access)

    assert found == replace(OPEN_7, head=COMMIT, from_fork=True)


def fork_run(**changes: object) -> dict[str, Any]:
    """A second workflow, started by the one of a fork's pull request."""
    begun_by = {
        "head_sha": COMMIT,
        "head_branch": "fix",
        "head_repository": {"owner": {"login": "mallory"}},
        "pull_requests": [],
    }
    return {"workflow_run": begun_by | changes}


def test_workflow_run_of_a_fork_whose_commit_github_does_not_know_is_found_by_its_branch(
    server: GitHubServer, access: Access
) -> None:
    server.pull(7, head=side("mallory/orders", COMMIT) | {"label": "mallory:fix"})

    found = find_pull_request(fork_run(), run("workflow_run"), access)

    assert found == replace(OPEN_7, head=COMMIT, from_fork=True)
    assert server.seen[-1].query == {"state": "open", "head": "mallory:fix", "per_page": "100"}


@pytest.mark.parametrize(
    "pull",
    [
        {"head": side("mallory/orders", OTHER)},  # pushed to again meanwhile
        {"head": side("mallory/orders", COMMIT), "state": "closed"},
        {"head": side("mallory/orders", COMMIT), "base": side("other/orders")},
    ],
    ids=["newer head", "closed", "of another repository"],
)
def test_workflow_run_of_a_fork_never_takes_another_pull_request(
    server: GitHubServer, access: Access, pull: dict[str, Any]
) -> None:
    server.pull(7, **(pull | {"head": pull["head"] | {"label": "mallory:fix"}}))

    found = find_pull_request(fork_run(), run("workflow_run"), access)

    assert found == NoPullRequest("no pull request of this repository holds commit a1b2c3d")


def test_merge_group_names_the_pull_request_in_its_branch(
    server: GitHubServer, access: Access
) -> None:
    server.pull(7)
    ref = f"refs/heads/gh-readonly-queue/release/1.x/pr-7-{COMMIT}"

    found = find_pull_request({"merge_group": {"head_ref": ref}}, run("merge_group"), access)

    assert found == OPEN_7


@pytest.mark.parametrize("event", [{}, {"merge_group": {"head_ref": "refs/heads/main"}}])
def test_merge_group_without_that_branch_names_none(access: Access, event: dict[str, Any]) -> None:
    found = find_pull_request(event, run("merge_group"), access)

    assert found == NoPullRequest("the merge group names no pull request")


def test_input_wins_over_the_event(server: GitHubServer, access: Access) -> None:
    server.pull(12, head=side("mallory/orders"))

    found = find_pull_request(pull_request_event(), run("pull_request"), access, pr_number="12")

    assert found == replace(OPEN_7, number=12, head=OTHER, from_fork=True)


def test_input_that_is_an_issue_is_none(server: GitHubServer, access: Access) -> None:
    found = find_pull_request({}, run("push"), access, pr_number="5")

    assert isinstance(found, NoPullRequest)
    assert "GitHub answered 404: Not Found" in found.reason


def test_input_that_moved_to_another_repository_is_none(
    server: GitHubServer, access: Access
) -> None:
    server.pull(5, base=side("acme/archive"))

    found = find_pull_request({}, run("push"), access, pr_number="5")

    assert found == NoPullRequest("pull request 5 is of another repository")


@pytest.mark.parametrize("text", ["0", "-1", "07", "7 ", "#7", "1" * 11, "७"])
def test_input_that_is_no_number_is_told(server: GitHubServer, access: Access, text: str) -> None:
    found = find_pull_request({}, run("push"), access, pr_number=text)

    assert isinstance(found, NoPullRequest)
    assert "is not a number" in found.reason
    assert server.seen == []


def test_missing_token_is_told_when_github_must_be_asked(
    server: GitHubServer, access: Access
) -> None:
    without = replace(access, token="")

    found = find_pull_request({}, run("push"), without)

    why = "`github-token` is empty, so GitHub cannot be asked"
    assert found == NoPullRequest(why, unknown=True)
    assert server.seen == []


def test_trouble_becomes_a_reason(server: GitHubServer, access: Access) -> None:
    server.fail("GET", 500, times=99)

    found = find_pull_request({}, run("push"), access)

    why = "the pull request could not be looked up: GitHub answered 500"
    assert found == NoPullRequest(why, unknown=True)


def test_single_failures_are_ridden_out(server: GitHubServer, access: Access, clock: Clock) -> None:
    server.commits[COMMIT] = [server.pull(7, **MERGED)]
    server.fail("GET", 503)
    server.fail("GET", 0)

    found = find_pull_request({}, run("push"), access)

    assert found == MERGED_7
    assert clock.slept == [1.0, 2.0]


def test_cancelled_job_is_a_reason(server: GitHubServer, access: Access, clock: Clock) -> None:
    def stop() -> None:
        raise Cancelled.of("E-CANCEL-01", "stopped", "run again")

    clock.on_sleep = stop
    server.fail("GET", 500, times=99)

    found = find_pull_request({}, run("push"), access)

    assert isinstance(found, NoPullRequest)
    assert "cancelled" in found.reason


def test_naming_the_package_does_not_load_pygithub() -> None:
    code = (
        "import sys; sys.path.insert(0, 'src'); import signed_lambda.github;"
        " sys.exit('github' in sys.modules or 'requests' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0
