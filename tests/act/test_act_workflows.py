"""The workflows of examples/ and the reusable ones, as users copy them, run by act."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from signed_lambda.report.marker import Marker
from tests.act.world import HEAD, Team

pytestmark = [pytest.mark.docker, pytest.mark.act]

EITHER = pytest.mark.parametrize("shipped", ["examples", "examples/with-reusable"])


@EITHER
def test_the_plans_comment_becomes_the_chain_of_what_was_deployed(team: Team) -> None:
    planned = team.act("pull_request", "plan.yml", payload="pull_request.json")
    (comment,) = team.github.comments
    before = Marker.parse(comment.body)
    merged = team.merge(7)
    deployed = team.act("push", "deploy.yml")
    after = Marker.parse(comment.body)

    assert planned.exit_code == 0, planned.log
    assert planned.outputs["outcome"] == "planned"
    assert planned.outputs["comment-url"].endswith(f"#issuecomment-{comment.id}")
    assert "Summary - ### " in planned.log
    assert planned.writes == ()
    assert before is not None
    assert before.outcome == "planned"
    assert [(c["head_sha"], c["external_id"]) for c in team.github.checks] == [
        (HEAD, planned.outputs["build-sha256"])
    ]
    assert deployed.exit_code == 0, deployed.log
    assert "version 1 is live" in deployed.log
    assert team.alias() == "1"
    assert team.github.comments == [comment]
    assert after is not None
    assert after.outcome == "deployed"
    assert after.build_sha256 == before.build_sha256 == deployed.outputs["build-sha256"]
    assert merged[:7] in comment.body


@EITHER
def test_the_undo_line_of_the_comment_rolls_back(team: Team) -> None:
    team.release("first")
    team.release("second")
    before = team.alias()
    body = team.github.comments[0].body
    (undo,) = re.findall("gh workflow run rollback.yml [^`]*", body)
    words = shlex.split(undo)  # as a shell does, over the line's end
    fields = [word for flag, word in itertools.pairwise(words) if flag == "-f"]
    inputs = dict(field.split("=", 1) for field in fields)

    undone = team.act("workflow_dispatch", "rollback.yml", **inputs, reason="orders fail")

    assert before == "2"
    assert undone.exit_code == 0, undone.log
    assert undone.outputs["outcome"] == "rolled-back"
    assert undone.writes == ("UpdateAlias",)
    assert team.alias() == "1"


@pytest.mark.parametrize(
    ("bogus", "told"),
    [
        ({"to": "latest", "alias": "live now"}, ["to 'latest'", "alias 'live now'"]),
        ({"function-name": "", "reason": "so\n::notice::what"}, ["function-name", "reason"]),
    ],
    ids=str,
)
def test_a_rollback_with_bogus_input_moves_nothing(
    team: Team, bogus: dict[str, str], told: list[str]
) -> None:
    team.release("first")
    team.release("second")

    refused = team.act("workflow_dispatch", "rollback.yml", **bogus)

    assert refused.exit_code == 1
    assert refused.outputs["outcome"] == "refused"
    assert [text for text in told if f" {text} " not in refused.log.replace("%0A", " ")] == []
    assert refused.writes == ()
    assert team.alias() == "2"


@EITHER
def test_the_schedule_turns_red_once_the_signature_is_revoked(team: Team) -> None:
    team.release("first")

    sound = team.act("schedule", "verify.yml")
    job = sound.outputs["signing-job-id"]
    team.client("signer").revoke_signature(jobId=job, reason="the key leaked")
    drifted = team.act("schedule", "verify.yml")

    assert sound.exit_code == 0, sound.log
    assert sound.outputs["outcome"] == "verified"
    assert drifted.exit_code == 1
    assert drifted.outputs["outcome"] == "drifted"
    assert "E-DRIFT-01" in drifted.log
    assert sound.writes == drifted.writes == ()


def test_the_merge_queue_is_planned_too(team: Team) -> None:
    planned = team.act("merge_group", "plan.yml", payload="merge_group.json")

    assert planned.exit_code == 0, planned.log
    assert planned.outputs["outcome"] == "planned"
    assert [comment.number for comment in team.github.comments] == [7]
