"""The published roles of a promotion from another function: what it needs, no more and no less."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.roles import actions, allow, filled, needed, owner_again, without
from tests.support.two_accounts import DEV, PROD, allow_publishers, two_accounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.action import Ended
    from tests.support.two_accounts import TwoAccounts

NEAR = "orders-dev"
"""A source in the target's own account."""


@pytest.fixture
def pair(tmp_path: Path) -> TwoAccounts:
    """A release in each account, behind `staging`."""
    made = two_accounts(tmp_path)
    prod = made.prod
    versions = [t.estate.profile_version_arn for t in (made.dev, prod)]
    allow_publishers(made, *versions)
    prod.another_function(NEAR)
    prod.deployed(function_name=NEAR, alias="staging")
    made.release()
    return made


def document(pair: TwoAccounts) -> dict[str, Any]:
    """The target's role."""
    return filled(
        "promote-from-function",
        {
            "REGION": pair.prod.sandbox.world.region,
            "ACCOUNT": PROD,
            "FUNCTION": pair.prod.estate.function,
            "SOURCE": NEAR,
            "SOURCE_ROLE": pair.role,
            "PROFILE": pair.prod.estate.profile,
            "BUCKET": pair.prod.estate.bucket,
            "PREFIX": "signed-lambda",
        },
    )


def promotions(pair: TwoAccounts) -> Iterator[Ended]:
    """To a new alias; the next one, also again; under another configuration; from near by."""
    yield pair.promote(alias=f"first-{pair.prod.runs}")
    runner = pair.prod.wrap
    owner_again(pair.prod)
    pair.release(f"second {pair.prod.runs}")
    pair.promote(alias="old")
    pair.prod.wrap = runner
    run = {"GITHUB_RUN_ID": str(9000 + pair.prod.runs)}
    pair.prod.more = run
    yield pair.promote(alias="old")
    yield pair.promote()
    yield pair.promote()
    pair.prod.more = {}
    size = 256 + pair.prod.runs
    pair.at_prod("lambda").update_function_configuration(FunctionName="orders", MemorySize=size)
    pair.prod.sandbox.clock.sleep(10)
    yield pair.promote()
    yield pair.promote(from_function=NEAR, from_role="")


def test_a_promotion_needs_exactly_what_its_two_roles_allow(pair: TwoAccounts) -> None:
    wanted = document(pair)
    allow(pair.prod, wanted)
    begun = len(pair.dev.sandbox.calls)

    ended = list(promotions(pair))

    assert [e.exit_code for e in ended] == [0] * len(ended), [e.log for e in ended if e.exit_code]
    region = pair.prod.sandbox.world.region
    used = [needed(e.calls, region=region, account=PROD) for e in ended]
    assert {action for each in used for action, _ in each} == actions(wanted)
    there = pair.dev.sandbox.calls[begun:]
    reads = [c for c in there if c.operation in READS]
    read = needed(reads, region=pair.dev.sandbox.world.region, account=DEV)
    source = filled("promote-source", _source(pair))
    assert {action for action, _ in read} == actions(source)
    released = {"PutObject", "UpdateFunctionCode", "PublishVersion", "StartSigningJob"}
    assert {c.operation for c in there if c.write} <= released | {"CreateAlias", "UpdateAlias"}


READS = ("GetAlias", "GetFunction", "GetSigningProfile", "DescribeSigningJob")


def _source(pair: TwoAccounts) -> dict[str, str]:
    return {
        "REGION": pair.dev.sandbox.world.region,
        "ACCOUNT": DEV,
        "FUNCTION": pair.dev.estate.function,
        "PROFILE": pair.dev.estate.profile,
    }


def test_every_action_of_the_targets_role_is_missed_when_it_is_taken_away(
    pair: TwoAccounts,
) -> None:
    wanted = document(pair)
    needless = []
    for action in sorted(actions(wanted)):
        allow(pair.prod, without(wanted, action))
        missed = (
            (e.exit_code != 0 and action in json.dumps(e.report["problems"]))
            or action in json.dumps(e.report["warnings"])  # a statement that is not kept
            for e in promotions(pair)
        )
        if not any(missed):
            needless.append(action)

    assert needless == []


def test_every_action_of_the_sources_role_is_missed_when_it_is_taken_away(
    pair: TwoAccounts,
) -> None:
    source = filled("promote-source", _source(pair))
    iam = pair.dev.sandbox.session().client("iam")
    needless = []
    for action in sorted(actions(source)):
        text = json.dumps(without(source, action))
        iam.put_role_policy(RoleName="read-orders", PolicyName="read", PolicyDocument=text)

        ended = pair.promote()

        if ended.error_ids != ["E-ACCESS-01"] or action not in json.dumps(ended.report["problems"]):
            needless.append(action)
        assert ended.writes == []

    assert needless == []
