"""T18, T19: the alias was moved by hand, is being shifted, or is at $LATEST."""

from __future__ import annotations

from tests.attacks.conftest import alias_stands, nothing_moves
from tests.support.action import Team


def test_an_alias_moved_while_we_work_is_left_where_it_was_put(released: Team) -> None:
    function = released.estate.function
    released.deployed()
    released.change_code("third")
    released.sandbox.before("UpdateAlias", lambda s: s.acts.move_alias(function, "live", "1"))

    ended = released.run()

    alias = released.alias()
    assert alias is not None
    assert alias["FunctionVersion"] == "1"
    assert ended.exit_code in (21, 33)
    assert "at version 1" in ended.log


def test_an_alias_deleted_while_we_work_is_told(released: Team) -> None:
    function = released.estate.function
    released.sandbox.before("UpdateAlias", lambda s: s.acts.delete_alias(function, "live"))

    ended = released.run()

    assert ended.exit_code in (21, 29)
    assert released.alias() is None


def test_a_shift_under_way_is_not_touched(released: Team) -> None:
    function = released.estate.function
    released.deployed()
    released.change_code("third")
    released.sandbox.acts.set_weights(function, "live", {"1": 0.1})

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-02"])
    assert ended.writes == []


def test_weights_set_while_we_work_stop_the_move(released: Team) -> None:
    function = released.estate.function
    released.deployed()
    released.change_code("third")
    released.sandbox.before(
        "UpdateAlias", lambda s: s.acts.set_weights(function, "live", {"1": 0.1})
    )

    ended = released.run()

    assert ended.exit_code in (21, 33)
    assert "weights" in ended.log


def test_an_alias_at_latest_is_refused(released: Team) -> None:
    released.sandbox.acts.move_alias(released.estate.function, "live", "$LATEST")

    with nothing_moves(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-01"])
    assert ended.writes == []


def test_a_hash_alias_moved_by_hand_is_refused(released: Team) -> None:
    first = released.run()
    function, name = released.estate.function, first.outputs["hash-alias"]
    released.sandbox.acts.move_alias(function, name, "1")
    released.change_code("third")
    released.deployed()
    released.change_code()

    with alias_stands(released):
        ended = released.run()

    assert (ended.exit_code, ended.error_ids) == (18, ["E-ALIAS-03"])


def test_an_older_run_does_not_overwrite_a_newer_one(released: Team) -> None:
    released.deployed()
    released.change_code("older")

    with nothing_moves(released):
        ended = released.run(env={"GITHUB_RUN_ID": "7"})

    assert (ended.exit_code, ended.error_ids) == (33, ["E-SUPERSEDED-01"])
    assert ended.outputs["outcome"] == "superseded"
    assert released.run(env={"GITHUB_RUN_ID": "7"}, allow_older="true").exit_code == 0
