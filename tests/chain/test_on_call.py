"""`rollback` by somebody on call: what $LATEST does is no obstacle, and nothing brings it back.

The function's $LATEST may be broken, asleep or under way; the alias may have been moved by hand
since; and two people may start the same rollback. What a rollback verifies of its target is in
tests/attacks/test_rollback.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.lambda_service.state import Failure
from tests.attacks.conftest import nothing_moves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.action import Ended, Team

OUTSIDE = {"GITHUB_RUN_ID": ""}
"""A run that is not GitHub's."""


@pytest.fixture
def twice(team: Team) -> Team:
    """Two releases: live at 2, previous 1."""
    team.deployed()
    team.change_code("second")
    team.deployed()
    return team


@pytest.fixture
def thrice(twice: Team) -> Team:
    """Three releases: live at 3, previous 2."""
    twice.change_code("third")
    twice.deployed()
    return twice


def move_by_hand(team: Team, version: str) -> None:
    """As at the console: the Description is left as it was."""
    team.sandbox.acts.move_alias(team.estate.function, "live", version)


def at(team: Team) -> str:
    """The version that callers of the alias reach."""
    alias = team.alias()
    assert alias is not None
    return str(alias["FunctionVersion"])


def refused(ended: Ended, error_id: str) -> None:
    """Refused for one reason, before any write."""
    assert (ended.exit_code, ended.error_ids) == (26, [error_id]), ended.log
    assert ended.writes == []


# -- what $LATEST does

STATES = ["Inactive", "Failed", "Pending", "InProgress", "update Failed"]


def set_latest(team: Team, state: str) -> None:
    """$LATEST gets the state, for a day."""
    latest = team.sandbox.lambda_state.functions[team.estate.function].latest
    latest.progress.shown = Failure("EniLimitExceeded", "no room")
    if state in ("InProgress", "update Failed"):
        latest.progress.last_update = state.removeprefix("update ")
    else:
        latest.progress.state = state
    if state in ("Pending", "InProgress"):
        latest.progress.due = team.sandbox.clock.now() + timedelta(days=1)


def told_of_latest(ended: Ended) -> list[str]:
    """Warnings that name it."""
    return [w for w in ended.report["warnings"] if "$LATEST of orders is" in w]


MOVES: list[tuple[str, Mapping[str, str], str]] = [
    ("rollback", {}, "rolled-back"),
    ("rollback", {"to": "1"}, "rolled-back"),
    ("promote", {"from_alias": "next"}, "promoted"),
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("command", "inputs", "outcome"), MOVES)
def test_a_move_between_versions_goes_on_whatever_state_latest_has(
    twice: Team, command: str, inputs: Mapping[str, str], outcome: str, state: str
) -> None:
    twice.sandbox.acts.create_alias(twice.estate.function, "next", "1")
    set_latest(twice, state)
    began_at = twice.sandbox.clock.monotonic()

    ended = twice.run(command, **inputs)

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, outcome), ended.log
    assert (at(twice), ended.writes) == ("1", ["UpdateAlias"])
    [told] = told_of_latest(ended)
    assert f"is {state.removeprefix('update ')}" in told
    assert ("EniLimitExceeded" in told) is ("Failed" in state)
    assert twice.sandbox.clock.monotonic() - began_at < 1


@pytest.mark.parametrize("state", STATES)
def test_verify_tells_drift_beside_the_state_of_latest(twice: Team, state: str) -> None:
    set_latest(twice, state)
    quiet = twice.run("verify")
    move_by_hand(twice, "1")

    ended = twice.run("verify")

    assert (quiet.exit_code, quiet.outputs["outcome"]) == (0, "verified"), quiet.log
    assert (ended.exit_code, ended.error_ids) == (35, ["E-DRIFT-01", "E-DRIFT-02"])
    assert len(told_of_latest(quiet)) == len(told_of_latest(ended)) == 1


def test_nothing_is_told_of_a_latest_in_order(twice: Team) -> None:
    assert [told_of_latest(twice.run(name)) for name in ("verify", "rollback")] == [[], []]


# -- where `previous` leads


def test_previous_of_an_alias_moved_on_by_hand_is_refused(twice: Team) -> None:
    acts, function = twice.sandbox.acts, twice.estate.function
    acts.console_edit_configuration(function, timeout=9)
    move_by_hand(twice, acts.publish(function))

    with nothing_moves(twice):
        ended = twice.run("rollback")

    refused(ended, "E-TARGET-02")
    assert "outside of this action since" in ended.log
    assert "Name a version in `to`: 2 (" in ended.log


def test_previous_of_an_alias_moved_back_by_hand_is_refused(thrice: Team) -> None:
    move_by_hand(thrice, "2")

    with nothing_moves(thrice):
        ended = thrice.run("rollback", reason="2 is bad too")

    refused(ended, "E-TARGET-02")
    assert "Name a version in `to`: 3 (" in ended.log
    assert ", 1 (" in ended.log
    assert ", 2 (" not in ended.log


def test_a_run_again_does_not_take_a_move_by_hand_for_its_own(thrice: Team) -> None:
    own = {"GITHUB_RUN_ID": "77"}
    assert thrice.run("rollback", env=own).outputs["version"] == "2"
    move_by_hand(thrice, "1")

    refused(thrice.run("rollback", env=own | {"GITHUB_RUN_ATTEMPT": "2"}), "E-TARGET-02")


def test_an_alias_that_was_moved_by_hand_can_be_rolled_back_by_number(thrice: Team) -> None:
    move_by_hand(thrice, "2")

    ended = thrice.run("rollback", to="1")

    assert (ended.exit_code, ended.outputs["outcome"], at(thrice)) == (0, "rolled-back", "1")


def test_history_names_no_previous_version_of_an_alias_moved_by_hand(thrice: Team) -> None:
    move_by_hand(thrice, "1")

    ended = thrice.run("history")

    live = ended.report["releases"][2]
    assert [r["place"] for r in ended.report["releases"]] == ["", "", "live"]
    assert (live["command"], live["reason"]) == ("", "")
    assert (ended.outputs["previous-version"], ended.report["undo_version"]) == ("", "")
    assert any("moved outside this action" in w for w in ended.report["warnings"])


# -- two people on call


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        (OUTSIDE, {}),
        ({}, OUTSIDE),
        (OUTSIDE, OUTSIDE),
    ],
    ids=["runs", "then-github", "then-outside", "outside"],
)
def test_previous_is_refused_where_another_run_rolled_back_already(
    thrice: Team, first: Mapping[str, str], second: Mapping[str, str]
) -> None:
    assert thrice.run("rollback", env=first).outputs["version"] == "2"
    by = "a run outside of GitHub" if first else f"run {1000 + thrice.runs}.1"

    with nothing_moves(thrice):
        ended = thrice.run("rollback", env=second)

    refused(ended, "E-TARGET-11")
    [problem] = ended.report["problems"]
    assert problem["what"] == f"alias 'live' was rolled back from 3 to 2 by {by} already"
    assert "To go back to 3, or further back, name the version in `to`: 3 (" in problem["do"]
    assert ", 1 (" in problem["do"]
    assert " 2 (" not in problem["do"]


@pytest.mark.parametrize("to", ["1", "3"])
def test_after_a_rollback_a_named_version_is_gone_to(thrice: Team, to: str) -> None:
    assert thrice.run("rollback").outputs["version"] == "2"

    ended = thrice.run("rollback", to=to)

    assert (ended.exit_code, ended.outputs["outcome"], at(thrice)) == (0, "rolled-back", to)


def test_a_release_after_a_rollback_can_be_rolled_back(twice: Team) -> None:
    assert twice.run("rollback").outputs["version"] == "1"
    twice.change_code("mended")
    assert twice.deployed().outputs["version"] == "3"

    ended = twice.run("rollback")

    assert (ended.exit_code, at(twice)) == (0, "1")


# -- what can be chosen


def test_where_no_other_version_was_published_that_is_said(team: Team) -> None:
    team.deployed()

    ended = team.run("rollback")

    refused(ended, "E-TARGET-02")
    assert "no other version was ever published" in ended.report["problems"][0]["do"]
    assert "1 (" not in ended.report["problems"][0]["do"]


def test_the_version_that_is_live_is_no_choice(thrice: Team) -> None:
    ended = thrice.run("rollback", to="99")

    refused(ended, "E-TARGET-01")
    do = ended.report["problems"][0]["do"]
    assert do.startswith("Choose one of: 2 (")
    assert ", 1 (" in do
    assert "3 (" not in do
