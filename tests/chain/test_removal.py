"""`keep-versions`: old versions go, and none that anybody may still need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from signed_lambda.aws import Aws
from signed_lambda.errors import AwsError, Cancelled, InternalError
from signed_lambda.model import Version
from tests.attacks.conftest import evil_zip
from tests.support.lying import lying

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.action import Ended, Team


@pytest.fixture
def five(team: Team) -> Team:
    """Versions 1 to 5, the last one live; the source has changed."""
    for n in range(1, 6):
        team.change_code(f"release {n}")
        team.deployed()
    team.change_code("release 6")
    return team


def numbers(team: Team) -> list[str]:
    """Versions that are there."""
    return [number for number, _ in team.versions()]


def hash_aliases(team: Team) -> dict[str, str]:
    """Hash aliases by the version that they lead to."""
    answer = team.client("lambda").list_aliases(FunctionName=team.estate.function)
    return {a["FunctionVersion"]: a["Name"] for a in answer["Aliases"] if "HASH-" in a["Name"]}


def told(ended: Ended) -> Mapping[str, Any]:
    """What is said of the removal."""
    [fact] = [f for f in ended.report["facts"] if f["step"] == "remove"]
    found: Mapping[str, Any] = fact
    return found


def test_nothing_is_deleted_unless_it_is_asked_for(five: Team) -> None:
    five.deployed()

    assert numbers(five) == ["1", "2", "3", "4", "5", "6"]


def test_the_newest_stay_and_older_ones_go_with_their_hash_aliases(five: Team) -> None:
    ended = five.deployed(keep_versions="3")

    assert numbers(five) == ["4", "5", "6"]
    assert sorted(hash_aliases(five)) == ["4", "5", "6"]
    assert told(ended)["proof"] == "removed 1, 2, 3"
    assert five.alias()["FunctionVersion"] == "6"  # type: ignore[index]
    assert [w for w in ended.writes if "Delete" in w] == ["DeleteAlias", "DeleteFunction"] * 3


def test_where_a_rollback_leads_stays_even_with_one(five: Team) -> None:
    ended = five.deployed(keep_versions="1")
    back = five.run("rollback")

    assert numbers(five) == ["5", "6"]
    assert "kept 5 (alias 'live' ran it before)" in told(ended)["proof"]
    assert (back.exit_code, back.outputs["version"]) == (0, "5")


def test_a_deploy_that_moves_nothing_deletes_nothing(five: Team) -> None:
    five.change_code("release 5")

    ended = five.run(keep_versions="1")

    assert (ended.outputs["outcome"], ended.writes) == ("unchanged", [])
    assert len(numbers(five)) == 5


def test_what_an_alias_leads_or_led_to_stays(five: Team) -> None:
    client, function = five.client("lambda"), five.estate.function
    client.create_alias(FunctionName=function, Name="canary", FunctionVersion="1")
    client.update_alias(
        FunctionName=function,
        Name="canary",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    client.create_alias(
        FunctionName=function,
        Name="staging",
        FunctionVersion="5",
        Description="signed-lambda/1 promote previous=3 run=1.1 commit=- for=" + "0" * 32,
    )

    ended = five.deployed(keep_versions="1")

    assert numbers(five) == ["1", "2", "3", "5", "6"]
    assert sorted(hash_aliases(five)) == ["1", "2", "3", "5", "6"]
    for why in ("1 (alias 'canary' leads", "2 (alias 'canary' leads", "3 (alias 'staging' ran"):
        assert f"kept {why}" in told(ended)["proof"]


def test_a_version_with_provisioned_concurrency_stays(five: Team) -> None:
    five.client("lambda").put_provisioned_concurrency_config(
        FunctionName=five.estate.function, Qualifier="2", ProvisionedConcurrentExecutions=1
    )

    ended = five.deployed(keep_versions="3")

    assert numbers(five) == ["2", "4", "5", "6"]
    assert "kept 2 (has provisioned concurrency)" in told(ended)["proof"]


def test_a_version_of_somebody_else_stays_and_does_not_count(team: Team) -> None:
    acts, function = team.sandbox.acts, team.estate.function
    acts.set_code_signing_policy(function, "Warn")
    acts.console_edit_code(function, evil_zip())
    acts.publish(function)
    acts.set_code_signing_policy(function, "Enforce")
    for n in range(3):
        team.change_code(f"release {n}")
        team.deployed()
    team.change_code("last")

    ended = team.deployed(keep_versions="2")

    assert numbers(team) == ["1", "4", "5"]
    assert "kept 1 (published outside this action)" in told(ended)["proof"]


def test_a_hash_alias_that_somebody_else_made_or_moved_keeps_its_version(five: Team) -> None:
    client, function = five.client("lambda"), five.estate.function
    client.update_alias(FunctionName=function, Name=hash_aliases(five)["1"], FunctionVersion="2")

    five.deployed(keep_versions="3")

    assert numbers(five) == ["2", "4", "5", "6"]


def test_versions_newer_than_the_live_one_stay(five: Team) -> None:
    five.deployed(alias="staging")
    five.change_code("release 2")

    ended = five.deployed(keep_versions="1")

    assert ended.outputs["version"] == "2"
    assert numbers(five) == ["2", "3", "4", "5", "6"]


def test_an_alias_that_comes_between_look_and_deletion_keeps_its_version(five: Team) -> None:
    def late(real: Any, name: str, version: str) -> None:  # noqa: ANN401 - the port's method
        five.client("lambda").create_alias(
            FunctionName=name, Name=f"late-{version}", FunctionVersion=version
        )
        real(name, version)

    five.wrap = lying(delete_version=late)

    ended = five.deployed(keep_versions="3")

    assert numbers(five) == ["1", "2", "3", "4", "5", "6"]
    assert "kept 1 (Lambda keeps it: " in told(ended)["proof"]
    assert ended.outputs["outcome"] == "deployed"


def test_an_alias_that_comes_before_the_second_look_keeps_version_and_hash_alias(
    five: Team,
) -> None:
    seen: list[int] = []

    def late(real: Any, name: str) -> Any:  # noqa: ANN401 - the port's method
        seen.append(1)
        if len(seen) == 2:
            five.client("lambda").create_alias(FunctionName=name, Name="late", FunctionVersion="1")
        return real(name)

    five.wrap = lying(aliases=late)

    ended = five.deployed(keep_versions="3")

    assert numbers(five) == ["1", "4", "5", "6"]
    assert "1" in hash_aliases(five)
    assert "kept 1 (alias 'late' leads to it)" in told(ended)["proof"]


@pytest.mark.parametrize(
    "error",
    [
        AwsError.of("E-AWS-01", "no answer today", "Run it again"),
        Cancelled.of("E-CANCEL-01", "no answer today", "Run it again"),
    ],
    ids=["failing", "cancelled"],
)
def test_a_removal_that_fails_changes_no_outcome_and_says_what_stands(
    five: Team, error: AwsError | Cancelled
) -> None:
    def fail(real: Any, name: str, version: str) -> None:  # noqa: ANN401 - the port's method
        if version == "2":
            raise error
        real(name, version)

    five.wrap = lying(delete_version=fail)

    ended = five.run(keep_versions="3")

    assert (ended.exit_code, ended.outputs["outcome"]) == (0, "deployed"), ended.log
    assert numbers(five) == ["2", "3", "4", "5", "6"]
    assert told(ended)["status"] == "warning"
    assert told(ended)["proof"] == "removed 1; stopped: no answer today"
    assert any("no answer today" in w for w in ended.report["warnings"])


def test_the_next_deploy_goes_on_where_a_removal_stopped(five: Team) -> None:
    five.wrap = lying(delete_version=lambda *_: _raise())
    five.deployed(keep_versions="3")
    five.wrap = lambda cloud: cloud
    five.change_code("release 7")

    five.deployed(keep_versions="3")

    assert numbers(five) == ["5", "6", "7"]


def _raise() -> None:
    raise AwsError.of("E-AWS-01", "no answer today", "Run it again")


def test_only_a_number_can_be_deleted(five: Team) -> None:
    clouds: list[Aws] = []
    five.wrap = lambda cloud: clouds.append(cloud) or cloud  # type: ignore[func-returns-value,arg-type]
    five.deployed()

    for qualifier in ("", "$LATEST", "live", "1 "):
        with pytest.raises(InternalError):
            clouds[0].delete_version(five.estate.function, Version(qualifier))  # type: ignore[arg-type]

    assert len(numbers(five)) == 6


@pytest.mark.parametrize("given", ["0", "-1", "all", "1001", "1.5"])
def test_a_count_that_is_none_is_refused_before_anything_is_done(team: Team, given: str) -> None:
    ended = team.run(keep_versions=given)

    assert (ended.exit_code, ended.error_ids, ended.calls) == (10, ["E-INPUT-03"], ())
