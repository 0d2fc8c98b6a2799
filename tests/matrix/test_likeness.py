"""Worlds are merged where they are alike, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.rig.bench import RUN_ALL_THE_SAME, rig_of
from tests.rig.faults import TROUBLES
from tests.rig.likeness import likeness
from tests.rig.picture import AliasPicture, JobPicture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Rig
    from tests.rig.picture import Picture

LOST = next(t for t in TROUBLES if t.name == "lost")


def _deployed(rig: Rig, trouble_at: int, drawn: int = 0) -> Picture:
    rig.restore()
    rig.sandbox.world.random.randbytes(drawn)
    return rig.run(LOST.at(trouble_at)).after


def test_worlds_that_differ_in_drawn_ids_and_times_are_alike(rig: Callable[[str], Rig]) -> None:
    desk = rig("update")
    one, other = _deployed(desk, 2), _deployed(desk, 9, drawn=1)

    assert one.jobs.keys() != other.jobs.keys()
    assert likeness(one) == likeness(other)


def _another_file(world: Picture) -> Picture:
    version = replace(world.versions["2"], files=(("app.py", "0" * 64),))
    return replace(world, versions={**world.versions, "2": version})


def _another_setting(world: Picture) -> Picture:
    version = replace(world.versions["2"], configuration='{"Timeout": 4}')
    return replace(world, versions={**world.versions, "2": version})


def _unsigned(world: Picture) -> Picture:
    version = replace(world.versions["2"], signed=False)
    return replace(world, versions={**world.versions, "2": version})


def _other_bytes_than_recorded(world: Picture) -> Picture:
    version = replace(world.versions["2"], sha256="A" * 43 + "=")
    return replace(world, versions={**world.versions, "2": version})


def _moved(world: Picture) -> Picture:
    return replace(world, aliases={**world.aliases, "live": AliasPicture("1", (), "", "r")})


def _hash_alias_on_another_version(world: Picture) -> Picture:
    name = next(n for n in reversed(world.aliases) if n != "live")
    return replace(world, aliases={**world.aliases, name: AliasPicture("1", (), "", "r")})


def _revoked(world: Picture) -> Picture:
    name, job = list(world.jobs.items())[-1]
    return replace(world, jobs={**world.jobs, name: replace(job, revoked=True)})


def _one_job_more(world: Picture) -> Picture:
    return replace(world, jobs={**world.jobs, "new": JobPicture(None, "InProgress", revoked=False)})


def _stored_twice(world: Picture) -> Picture:
    place, stored = list(world.objects.items())[-1]
    return replace(world, objects={**world.objects, place: (*stored, ("again", stored[0][1]))})


def _overwritten(world: Picture) -> Picture:
    place, stored = [o for o in world.objects.items() if "/signed/" in o[0][1]][-1]
    return replace(world, objects={**world.objects, place: ((stored[0][0], "0" * 64),)})


@pytest.mark.parametrize(
    "changed",
    [
        _another_file, _another_setting, _unsigned, _other_bytes_than_recorded, _moved,
        _hash_alias_on_another_version, _revoked, _one_job_more, _stored_twice, _overwritten,
    ],
)  # fmt: skip
def test_worlds_that_differ_in_anything_else_are_not(
    rig: Callable[[str], Rig], changed: Callable[[Picture], Picture]
) -> None:
    world = _deployed(rig("update"), 2)

    assert likeness(changed(world)) != likeness(world)


def test_worlds_merged_by_mistake_are_told() -> None:
    with rig_of("update") as rig:
        deploying = rig.befall(LOST, 0).runs[0]
        rig._known = dict.fromkeys(rig._known, (deploying, deploying))

        rig.merged = RUN_ALL_THE_SAME - 1

        with pytest.raises(AssertionError, match="not alike"):
            rig.befall(LOST, 0)
