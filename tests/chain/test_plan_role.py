"""`plan` under its published policy, docs/iam/plan.json: nothing in it is missing or too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.live import Live, skipped
from tests.support.roles import actions, allow, policy, without

if TYPE_CHECKING:
    from tests.support.action import Team


@pytest.mark.parametrize(("change", "outcome"), [(True, "planned"), (False, "unchanged")])
def test_a_plan_sees_everything_with_a_role_that_may_only_read(
    team: Team, *, change: bool, outcome: str
) -> None:
    team.deployed()
    live = Live(team)
    live.bucket("acme-in")
    live.topic("orders-topic")
    live.rule("again", bus="shop-bus")
    if change:
        team.change_code()
    document = policy(team, "plan")
    allow(team, document)

    ended = team.run("plan", fail_on_unseen="true")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, outcome), ended.log
    assert ended.writes == []
    assert [f for f in ended.report["facts"] if f["status"] == "skipped"] == []


def test_a_plan_works_without_the_reads_of_the_live_triggers(team: Team) -> None:
    team.deployed()
    team.change_code()
    document = policy(team, "plan")
    statements = document["Statement"]
    assert isinstance(statements, list)
    kept = [s for s in statements if not s["Sid"].startswith("ReviewLiveTriggers")]
    allow(team, {**document, "Statement": kept})

    ended = team.run("plan")

    assert len(kept) == len(statements) - 2
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "planned"), ended.log
    [said] = skipped(ended)
    assert all(
        action in said for action in ("lambda:GetPolicy", "logs:DescribeSubscriptionFilters")
    )


def test_the_policy_of_a_plan_only_reads(team: Team) -> None:
    verbs = {action.split(":")[1] for action in actions(policy(team, "plan"))}

    assert {v for v in verbs if not v.startswith(("Get", "Describe", "List"))} == set()


def test_every_action_of_the_policy_is_needed(team: Team) -> None:
    """Each one taken away is a look that a plan cannot make, and says so."""
    team.deployed()
    live = Live(team)
    live.bucket("acme-in")
    live.topic("orders-topic")
    live.rule("again")
    whole = policy(team, "plan")
    needless = []
    for action in sorted(actions(whole)):
        allow(team, without(whole, action))
        seen = [team.run("plan", fail_on_unseen="true")]
        team.change_code(f"without {action}")
        seen.append(team.run("plan", fail_on_unseen="true"))
        team.change_code("what runs is what was reviewed")
        if all(ended.exit_code == 0 for ended in seen):
            needless.append(action)

    assert needless == []
