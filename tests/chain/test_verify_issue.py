"""`verify` with `open-issue`: from the drift to the issue, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.github_server import GitHubServer
from tests.support.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.action import Ended, Team


@pytest.fixture
def project(team: Team) -> Iterator[Project]:
    """A released function, and a repository whose schedule verifies it."""
    team.deployed()
    with GitHubServer() as github:
        yield Project(team, github)
        assert github.violations == []


def scheduled(project: Project, **inputs: str) -> Ended:
    """The scheduled run."""
    given: dict[str, Any] = {"open_issue": "true", **inputs}
    return project.run("verify", "schedule", {}, "refs/heads/main", **given)


def drift(project: Project) -> None:
    """Somebody takes the alias' record away."""
    project.team.client("lambda").update_alias(
        FunctionName=project.team.estate.function, Name="live", Description=""
    )


def test_a_drift_opens_an_issue_that_is_closed_when_it_is_mended(project: Project) -> None:
    drift(project)

    drifted, again = scheduled(project), scheduled(project)
    project.team.run("rollback", to="1")
    mended = scheduled(project)

    [issue] = project.github.issues
    assert [e.exit_code for e in (drifted, again, mended)] == [35, 35, 0]
    assert issue["html_url"] in drifted.log
    assert "E-DRIFT-02" in issue["body"]
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert [c.number for c in project.github.comments] == [issue["number"]]


def test_the_issue_shows_no_secret(project: Project) -> None:
    drift(project)

    scheduled(project)

    [issue] = project.github.issues
    assert "s3cr3t-v4lue" not in issue["body"]
    assert "X-Amz-Signature" not in issue["body"]


def test_without_the_input_no_issue_is_touched(project: Project) -> None:
    drift(project)

    scheduled(project, open_issue="false")

    assert project.github.issues == []
    assert all("/issues" not in s.path for s in project.github.seen)


def test_without_a_token_the_log_says_that_there_is_no_issue(project: Project) -> None:
    drift(project)

    ended = scheduled(project, github_token="")

    assert ended.exit_code == 35
    assert "no issue: there is no `github-token`" in ended.log
