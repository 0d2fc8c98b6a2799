"""What a run downloads to verify it, and what of that it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.lying import Lie, lying

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.cloud import Download
    from tests.support.action import Team


def kept(team: Team, at: str, command: str = "deploy", **inputs: str) -> list[str]:
    """Names of the downloads that are still there when a method of the port is called last."""
    made: list[Path] = []
    left: list[str] = []

    def download(real: Lie, *args: object, **named: object) -> Download | None:
        got: Download | None = real(*args, **named)
        made.extend([got.path] if got else [])
        return got

    def look(real: Lie, *args: object) -> object:
        left[:] = [path.name for path in made if path.exists()]
        return real(*args)

    team.wrap = lying(download_code=download, get_object=download, **{at: look})
    ended = team.run(command, **inputs)
    assert ended.exit_code == 0, ended.log
    assert made
    return [name.partition("-")[2] for name in left]


def test_a_deploy_keeps_the_signed_zip_alone(team: Team) -> None:
    team.deployed()
    team.change_code()

    assert kept(team, "update_alias") == ["signed.zip"]


def test_a_build_that_was_there_is_not_kept_once_it_was_hashed(team: Team) -> None:
    team.sandbox.faults.add("StartSigningJob", "denied", times=1)
    assert team.run().exit_code == 28

    assert kept(team, "update_code") == ["signed.zip"]


def test_a_version_that_comes_back_is_not_kept(team: Team) -> None:
    team.deployed()
    team.change_code()
    team.deployed()
    team.change_code("what runs is what was reviewed")

    assert "named.zip" not in kept(team, "update_alias")


def test_a_rollback_keeps_nothing(team: Team) -> None:
    team.deployed()
    team.change_code()
    team.deployed()

    assert kept(team, "update_alias", "rollback", to="previous") == []
