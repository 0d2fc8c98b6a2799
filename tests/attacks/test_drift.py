"""What changes behind an alias without this action, and `verify` must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.action import Ended, Team


@pytest.fixture
def released(team: Team) -> Team:
    """Version 1 is live."""
    team.deployed()
    return team


def drifted(ended: Ended, *ids: str) -> None:
    """The run ended as drifted, for exactly these reasons, and wrote nothing."""
    assert (ended.exit_code, ended.outputs["outcome"]) == (35, "drifted"), ended.log
    assert ended.error_ids == ["E-DRIFT-01", *ids]
    assert ended.writes == []


def described(team: Team, name: str = "live") -> str:
    """The alias' Description."""
    alias = team.alias(name)
    assert alias is not None
    text: str = alias["Description"]
    return text


def by_hand(team: Team, **changes: object) -> None:
    """Somebody updates the alias with the CLI."""
    team.client("lambda").update_alias(FunctionName=team.estate.function, Name="live", **changes)


def published_by_hand(team: Team, description: str = "") -> str:
    """The live, signed code under another configuration, published by hand; its number."""
    team.sandbox.acts.console_edit_configuration(team.estate.function, timeout=900)
    version: str = team.client("lambda").publish_version(
        FunctionName=team.estate.function, Description=description
    )["Version"]
    return version


@pytest.mark.parametrize("hash_alias", ["true", "false"])
def test_signed_code_under_another_configuration_is_drift(team: Team, hash_alias: str) -> None:
    team.deployed(hash_alias=hash_alias)
    version = published_by_hand(team)
    by_hand(team, FunctionVersion=version)

    ended = team.run("verify", hash_alias=hash_alias)

    drifted(ended, "E-DRIFT-02")
    assert "which moved it to another version, configuration" in ended.log


def test_a_move_by_hand_to_a_released_version_is_drift(released: Team) -> None:
    released.change_code()
    released.deployed()
    by_hand(released, FunctionVersion="1")

    drifted(released.run("verify"), "E-DRIFT-02")


@pytest.mark.parametrize("description", ["", "live since Monday"])
def test_an_alias_without_a_record_was_moved_by_hand(released: Team, description: str) -> None:
    by_hand(released, Description=description)

    ended = released.run("verify")

    drifted(ended, "E-DRIFT-02")
    assert "holds no record" in ended.log


def test_the_record_of_another_function_does_not_fit(released: Team) -> None:
    released.another_function("twin")
    released.deployed(function_name="twin")
    twin = released.client("lambda").get_alias(FunctionName="twin", Name="live")
    by_hand(released, Description=twin["Description"])

    drifted(released.run("verify"), "E-DRIFT-02")


def test_the_record_of_another_alias_does_not_fit(released: Team) -> None:
    released.deployed(alias="prod")
    by_hand(released, Description=described(released, "prod"))

    drifted(released.run("verify"), "E-DRIFT-02")


def test_a_version_with_a_copied_record_is_drift(released: Team) -> None:
    live = released.client("lambda").get_function_configuration(
        FunctionName=released.estate.function, Qualifier="1"
    )
    version = published_by_hand(released, live["Description"])
    released.run("rollback", to=version)

    drifted(released.run("verify"), "E-DRIFT-03")


def test_versions_behind_weights_are_verified_too(released: Team) -> None:
    released.change_code()
    released.deployed()
    released.sandbox.acts.set_weights(released.estate.function, "live", {"1": 0.1})
    job = released.client("lambda").get_function_configuration(
        FunctionName=released.estate.function, Qualifier="1"
    )["SigningJobArn"]
    released.sandbox.acts.revoke_job(job.rpartition("/")[2])

    drifted(released.run("verify"), "E-ALIAS-02", "E-TARGET-04")


@pytest.mark.parametrize("move", ["to another version", "by weights"])
def test_a_hash_alias_that_was_moved_is_drift_whatever_the_alias_runs(
    released: Team, move: str
) -> None:
    name = released.run("verify").outputs["hash-alias"]
    released.change_code()
    released.deployed()
    acts, function = released.sandbox.acts, released.estate.function
    if move == "by weights":
        acts.set_weights(function, name, {"2": 0.5})
    else:
        acts.move_alias(function, name, "2")

    ended = released.run("verify")

    drifted(ended, "E-ALIAS-03")
    assert name in ended.log


def test_a_hash_alias_of_a_deleted_version_is_drift(released: Team) -> None:
    released.change_code()
    released.deployed()
    released.sandbox.acts.delete_version(released.estate.function, "1")

    drifted(released.run("verify"), "E-ALIAS-03")


def test_a_hash_alias_at_an_equal_version_is_no_drift(released: Team) -> None:
    """Content that comes back by hand has two versions; its hash alias names one of them."""
    code = released.client("lambda").get_function(
        FunctionName=released.estate.function, Qualifier="1"
    )
    first = released.sandbox.fetch(code["Code"]["Location"])
    released.change_code()
    released.deployed()
    released.client("lambda").update_function_code(
        FunctionName=released.estate.function, ZipFile=first
    )
    released.sandbox.clock.sleep(5)
    again = released.sandbox.acts.publish(released.estate.function)
    released.run("rollback", to=again)

    ended = released.run("verify")

    assert (again, ended.exit_code) == ("3", 0), ended.log
    assert "names version 1" in ended.log


def test_everything_that_drifted_is_told_at_once(released: Team) -> None:
    name = released.run("verify").outputs["hash-alias"]
    released.change_code()
    released.deployed()
    acts, function = released.sandbox.acts, released.estate.function
    acts.move_alias(function, name, "2")
    acts.set_code_signing_policy(function, "Warn")
    by_hand(released, Description="")

    drifted(released.run("verify"), "E-CODESIGNING-02", "E-DRIFT-02", "E-ALIAS-03")


@pytest.mark.parametrize("back", ["deploy", "rollback"])
@pytest.mark.parametrize("record", ["none", "of another alias"])
def test_a_move_by_hand_is_recorded_by_the_next_run_and_moves_nothing(
    released: Team, back: str, record: str
) -> None:
    released.deployed(alias="prod")
    by_hand(released, Description="" if record == "none" else described(released, "prod"))

    ended = released.run(back, **({"to": "1"} if back == "rollback" else {}))

    again = released.run(back, **({"to": "1"} if back == "rollback" else {}))
    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "unchanged"), ended.log
    assert (ended.writes, ended.outputs["changed"]) == (["UpdateAlias"], "false")
    assert "now it is recorded" in ended.summary
    assert released.run("verify").exit_code == 0
    assert again.writes == []
