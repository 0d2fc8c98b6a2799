"""How many round trips a run waits for, one after the other, by the log of its calls.

Each call of the rig's log has the moments in which it was sent and answered, on the sandbox's
clock; every round trip takes `TRIP_S` there, and questions side by side take it together
(`tests.support.lanes.Parallel`). Two calls are sequential when one was sent after the other was
answered; a run's round trips are the longest such row. A round is what was under way together.

`PATHS` lists those of the commands that somebody waits for, with the reason why each has to wait
for the one before: what the job itself needs, a settle poll (AWS takes its time, and is looked at
until it is done), a guard of the chain, named as in tools/guards.yaml, or the record, which is kept
after the move is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from tests.rig.bench import rig_of
from tests.support.lanes import Parallel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rig.bench import Ran
    from tests.rig.wire import Exchange

TRIP_S: Final = 0.5
"""Longer than the sandbox's waits (0.1 s): one look finds each of them over."""
MOST, MOST_WITH_GUARDS = 8, 13


@dataclass(frozen=True)
class Trip:
    """One round trip of the path.

    Attributes:
        calls: What is under way in it, apart from the look at the triggers.
        why: "job", "settle", "record", or the guard that needs it.
    """

    calls: str
    why: str


LOOK: Final = (
    "GetCallerIdentity GetFunctionConfiguration GetAlias GetFunctionCodeSigningConfig"
    " GetSigningProfile GetFunction"
)
MOVE_LOOK: Final = (
    "GetCallerIdentity GetFunctionConfiguration GetAlias GetFunctionCodeSigningConfig"
)
RECALL: Final = (
    Trip(MOVE_LOOK, "job"),
    Trip("GetCodeSigningConfig", "code-signing-enforced"),
    Trip("GetFunction", "target-state"),
    Trip("code:GetObject DescribeSigningJob GetSigningProfile", "target-job-revoked"),
    Trip("GetFunctionCodeSigningConfig GetCodeSigningConfig", "code-signing-before-the-move"),
    Trip("UpdateAlias", "job"),
    Trip("GetAlias", "alias-read-back"),
)
PATHS: Final = {
    "update": (
        Trip(LOOK, "job"),
        Trip("GetCodeSigningConfig GetBucketVersioning", "code-signing-enforced"),
        Trip("ListObjectsV2 PutObject", "job"),
        Trip("StartSigningJob", "job"),
        Trip("DescribeSigningJob", "settle"),
        Trip("GetObject", "job"),
        Trip("UpdateFunctionCode GetAlias", "dry-run-hash"),
        Trip("GetFunctionConfiguration", "dry-run-re-read"),
        Trip("UpdateFunctionCode", "job"),
        Trip("GetFunctionConfiguration", "settle"),
        Trip("PublishVersion", "job"),
        Trip("GetFunction", "settle"),
        Trip("code:GetObject", "version-re-hash"),
        Trip("GetFunctionCodeSigningConfig GetCodeSigningConfig CreateAlias", "job"),
        Trip("UpdateAlias", "job"),
        Trip("GetAlias", "alias-read-back"),
        Trip("PutObject", "record"),
    ),
    "no-op": (
        Trip(LOOK, "job"),
        Trip(
            "GetCodeSigningConfig GetBucketVersioning code:GetObject DescribeSigningJob GetAlias",
            "unchanged-re-hash",
        ),
    ),
    "plan": (
        Trip(LOOK, "job"),
        Trip("GetCodeSigningConfig GetBucketVersioning", "code-signing-enforced"),
        Trip("code:GetObject", "job"),
    ),
    "rollback": RECALL,
    "promote": (Trip(f"{MOVE_LOOK} GetAlias", "job"), *RECALL[1:]),
    "verify": (
        Trip(f"{MOVE_LOOK} ListAliases ListFunctionUrlConfigs", "job"),
        Trip("GetCodeSigningConfig ListVersionsByFunction", "code-signing-enforced"),
        Trip("GetFunction", "target-state"),
        Trip("code:GetObject DescribeSigningJob GetSigningProfile", "target-job-revoked"),
    ),
}
TRIGGERS: Final = frozenset(
    {
        "GetPolicy",
        "ListEventSourceMappings",
        "GetFunctionEventInvokeConfig",
        "GetFunctionRecursionConfig",
        "ListRuleNamesByTarget",
        "DescribeSubscriptionFilters",
    }
)


def measured(name: str) -> Ran:
    """The scenario's run, each of its calls taking one round trip."""
    with rig_of(name) as rig:
        rig.sandbox.gateway.latency_s = TRIP_S
        rig.lanes = lambda: Parallel(rig.sandbox.clock)
        return rig.run()


def rounds(sent: Sequence[Exchange]) -> list[list[Exchange]]:
    """The calls by rounds: there are as many as the longest row of sequential calls has."""
    found: list[list[Exchange]] = []
    left = [e for e in sent if e.service != "github"]
    while left:
        first_answer = min(e.ended_at for e in left)
        found.append([e for e in left if e.began_at < first_answer])
        left = [e for e in left if e.began_at >= first_answer]
    return found


def spelled(exchange: Exchange) -> str:
    """As `PATHS` spell it."""
    code = "code:" if exchange.service == "code" else ""
    return f"{code}{exchange.operation}"


@pytest.mark.parametrize("name", PATHS)
def test_a_run_waits_for_no_more_round_trips_than_listed(name: str) -> None:
    ran = measured(name)

    told = [
        sorted(spelled(e) for e in one if e.operation not in TRIGGERS) for one in rounds(ran.sent)
    ]

    assert (ran.exit_code, ran.raised) == (0, ""), ran.log
    assert told == [sorted(trip.calls.split()) for trip in PATHS[name]]


def test_a_signed_update_waits_for_eight_round_trips_and_its_guards() -> None:
    path = PATHS["update"]

    needed = [trip for trip in path if trip.why == "job"]
    without_polls = [trip for trip in path if trip.why not in ("settle", "record")]

    assert (len(needed), len(without_polls)) == (MOST, MOST_WITH_GUARDS)


def test_each_round_trip_of_a_guard_names_one_that_is_there() -> None:
    from tools.guards import read_table  # noqa: PLC0415 - a tool, not a library

    named = {trip.why for path in PATHS.values() for trip in path} - {"job", "settle", "record"}

    assert named - {guard.name for guard in read_table()} == set()


@pytest.mark.parametrize("name", ["update", "plan"])
def test_the_look_at_the_triggers_waits_for_nothing_of_its_own(name: str) -> None:
    by_round = rounds(measured(name).sent)

    looking = [n for n, one in enumerate(by_round) if any(e.operation in TRIGGERS for e in one)]

    assert looking == [1]


def test_a_verify_waits_for_four_round_trips_whatever_leads_to_latest() -> None:
    sent = measured("verify").sent

    asked = [e.operation for e in sent if e.operation in TRIGGERS]
    assert asked.count("ListRuleNamesByTarget") == 2
    assert len(asked) == 6
    assert len(rounds(sent)) == 4


def test_no_change_asks_in_two_rounds_and_writes_nothing() -> None:
    ran = measured("no-op")

    assert len(rounds(ran.sent)) == 2
    assert [e.name for e in ran.sent if e.write] == []
    assert ran.outcome == "unchanged"


@pytest.mark.parametrize("name", ["update", "first", "rollback", "promote"])
def test_no_write_is_sent_beside_another_one(name: str) -> None:
    writes = [e for e in measured(name).sent if e.write]

    assert all(a.ended_at <= b.began_at for a, b in pairwise(writes))
