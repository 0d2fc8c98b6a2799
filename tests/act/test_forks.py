"""A fork's pull request: a plan without rights, its second stage with them, and never a deploy."""

from __future__ import annotations

import pytest

from signed_lambda.report.marker import Marker
from tests.act.world import HERE, Team

pytestmark = [pytest.mark.docker, pytest.mark.act]

FORK_HEAD = "f0" * 20


def _opened_by_a_stranger(team: Team) -> None:
    head = {"ref": "latin", "sha": FORK_HEAD, "repo": {"full_name": "stranger/orders"}}
    pull = team.github.pull(8, head=head)
    team.github.commits[FORK_HEAD] = [pull]


@pytest.mark.xfail(strict=True, reason="plan needs AWS credentials on a fork's pull request too")
def test_a_forks_plan_is_green_and_one_notice_says_how_to_get_the_comment(team: Team) -> None:
    planned = team.act(
        "pull_request", "plan.yml", payload="fork_pull_request.json", token="ghs_fork"
    )

    assert planned.exit_code == 0, planned.log
    assert planned.outputs["outcome"] == "planned"
    assert planned.log.count("::notice") == 1
    assert "a second workflow, started by `workflow_run`" in planned.log
    assert "Summary - ### " in planned.log


@pytest.mark.parametrize("shipped", ["examples", "examples/with-reusable"])
def test_the_second_stage_comments_on_the_very_build_of_the_first(team: Team) -> None:
    _opened_by_a_stranger(team)

    first = team.act("pull_request", "plan.yml", payload="fork_pull_request.json", token="ghs_fork")
    comments_of_the_first = list(team.github.comments)
    second = team.act("workflow_run", "plan-fork.yml", payload="fork_workflow_run.json")
    (comment,) = team.github.comments
    marker = Marker.parse(comment.body)

    assert "Assume the read-only role" not in first.steps
    assert "Summary - ### " in first.log
    assert comments_of_the_first == []
    assert second.exit_code == 0, second.log
    assert not any("checkout" in step or "Build" in step for step in second.steps)
    assert second.outputs["outcome"] == "planned"
    assert comment.number == 8
    assert marker is not None
    assert marker.build_sha256 == first.outputs["build-sha256"]
    assert first.writes == second.writes == ()


def test_a_fork_whose_build_failed_leaves_the_second_stage_green_and_silent(team: Team) -> None:
    _opened_by_a_stranger(team)

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
    _opened_by_a_stranger(team)
    team.write(".github/workflows/careless.yml", (HERE / "careless.yml").read_text("utf-8"))

    refused = team.act(event, "careless.yml", payload=payload)

    assert refused.exit_code == 1
    assert refused.outputs["outcome"] == "refused"
    assert id_ in refused.log
    assert refused.writes == ()
    assert team.alias() == ""
