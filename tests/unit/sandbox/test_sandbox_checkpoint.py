"""A checkpoint brings the whole account back, as often as wanted, whatever was done since."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_sandbox import Sandbox
from lambda_sandbox.core import RealClock
from tests.rig.picture import Picture, take
from tests.support.action import Team


def world(team: Team) -> tuple[Picture, int, Any]:
    """All that can be told of the account."""
    sandbox = team.sandbox
    return take(sandbox, team.estate.function), len(sandbox.calls), sandbox.clock.now()


def disturb(team: Team) -> None:
    """Something of every kind."""
    team.change_code("another")
    team.run()
    acts, function = team.sandbox.acts, team.estate.function
    acts.console_edit_configuration(function, Timeout=60)
    acts.set_code_signing_policy(function, "Warn")
    acts.revoke_profile(team.estate.profile)
    acts.put_object(team.estate.bucket, "key", b"bytes")
    acts.move_alias(function, "live", "$LATEST")
    acts.delete_version(function, "1")
    team.sandbox.faults.add("*", "denied")
    team.sandbox.clock.sleep(3600)


def test_everything_comes_back_as_often_as_wanted(team: Team) -> None:
    team.deployed()
    team.sandbox.clock.sleep(10)
    before, saved = world(team), team.sandbox.checkpoint()

    for _ in range(2):
        disturb(team)
        assert world(team) != before
        team.sandbox.restore(saved)
        assert world(team) == before

    assert team.sandbox.faults.pending() == ()


def test_the_same_run_gives_the_same_world_again(team: Team) -> None:
    team.deployed()
    team.change_code()
    saved, worlds = team.sandbox.checkpoint(), []

    for _ in range(2):
        team.sandbox.restore(saved)
        team.deployed(reason="the same")
        now = world(team)[0]  # hashes differ: a signature is never made twice
        worlds.append((now.aliases["live"].revision, set(now.jobs), now.versions["2"].files))

    assert worlds[0] == worlds[1]


def test_a_later_checkpoint_survives_going_back_to_an_earlier_one(team: Team) -> None:
    earlier = team.sandbox.checkpoint()
    team.deployed()
    later, after = team.sandbox.checkpoint(), world(team)

    team.sandbox.restore(earlier)
    team.sandbox.restore(later)

    assert world(team) == after
    assert team.run().outputs["outcome"] == "unchanged"


def test_what_happened_in_another_region_is_undone_too(team: Team) -> None:
    saved = team.sandbox.checkpoint()
    elsewhere = team.sandbox.session("us-east-1").client("signer")
    elsewhere.put_signing_profile(profileName="new", platformId="AWSLambda-SHA384-ECDSA")

    team.sandbox.restore(saved)

    assert elsewhere.list_signing_profiles()["profiles"] == []


def test_with_a_real_clock_there_is_no_way_back() -> None:
    sandbox = Sandbox(clock=RealClock())

    with pytest.raises(TypeError, match="virtual clock"):
        sandbox.checkpoint()
