"""A fork's pull request: a plan without rights, its second stage with them, and never a deploy."""

from __future__ import annotations

import zipfile

import pytest

from signed_lambda.report.marker import Marker
from tests.act.world import FORK_HEAD, HERE, Team

pytestmark = [pytest.mark.docker, pytest.mark.act]


@pytest.mark.parametrize("shipped", ["examples", "examples/with-reusable"])
def test_a_forks_plan_is_green_and_its_second_stage_comments_on_the_same_build(team: Team) -> None:
    first = team.act("pull_request", "plan.yml", payload="fork_pull_request.json", token="ghs_fork")
    told_by_the_first = [*team.github.comments, *team.github.checks]
    second = team.act("workflow_run", "plan-fork.yml", payload="fork_workflow_run.json")
    (comment,), (check,) = team.github.comments, team.github.checks
    marker = Marker.parse(comment.body)

    assert first.exit_code == 0, first.log
    assert first.outputs["outcome"] == "planned"
    assert "Assume the read-only role" not in first.steps
    assert first.log.count("::notice::the pull-request comment was not written") == 1
    assert "a second workflow, started by `workflow_run`, may write it" in first.log
    assert "Summary - ### " in first.log
    assert told_by_the_first == []
    assert second.exit_code == 0, second.log
    assert second.outputs["outcome"] == "planned"
    assert not any("checkout" in step or "Build" in step for step in second.steps)
    assert comment.number == 8
    assert marker is not None
    assert marker.build_sha256 == check["external_id"] == first.outputs["build-sha256"]
    assert check["head_sha"] == FORK_HEAD
    assert first.writes == second.writes == ()


@pytest.mark.parametrize("shipped", ["examples/with-reusable"])
def test_a_fork_that_shows_another_build_than_its_code_makes_is_not_deployed(team: Team) -> None:
    team.runs += 1
    with zipfile.ZipFile(team.artifact("build.zip"), "w") as harmless:
        harmless.writestr("app.py", "def handler(event, context):\n    return {}\n")

    shown = team.act("workflow_run", "plan-fork.yml", payload="fork_workflow_run.json")
    team.merge(8)
    refused = team.act("push", "deploy.yml")

    assert shown.exit_code == 0, shown.log
    assert [check["conclusion"] for check in team.github.checks] == ["success"]
    assert refused.exit_code == 1
    assert refused.outputs["outcome"] == "refused"
    assert "E-REVIEW-03" in refused.log
    assert refused.writes == ()
    assert team.alias() == ""


def test_a_fork_whose_build_failed_leaves_the_second_stage_green_and_silent(team: Team) -> None:
    second = team.act("workflow_run", "plan-fork.yml", payload="fork_workflow_run.json")

    assert second.exit_code == 0, second.log
    assert second.outputs == {}
    assert team.github.comments == []


def test_the_second_stage_leaves_our_own_pull_requests_to_the_first(team: Team) -> None:
    skipped = team.act("workflow_run", "plan-fork.yml", payload="own_workflow_run.json")

    assert skipped.exit_code == 0, skipped.log
    assert skipped.steps == ()


@pytest.mark.parametrize(
    ("event", "payload", "id_"),
    [
        ("pull_request", "fork_pull_request.json", "E-EVENT-02"),
        ("pull_request_target", "fork_pull_request.json", "E-EVENT-01"),
        ("workflow_run", "fork_workflow_run.json", "E-EVENT-02"),
    ],
)
def test_a_careless_workflow_does_not_deploy_a_forks_code(
    team: Team, event: str, payload: str, id_: str
) -> None:
    team.write(".github/workflows/careless.yml", (HERE / "careless.yml").read_text("utf-8"))

    refused = team.act(event, "careless.yml", payload=payload)

    assert refused.exit_code == 1
    assert refused.outputs["outcome"] == "refused"
    assert id_ in refused.log
    assert refused.writes == ()
    assert team.alias() == ""
