"""What all attack tests share: a team with one release behind it, and the claim that it stands."""

from __future__ import annotations

import io
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.action import Team


@pytest.fixture
def released(team: Team) -> Team:
    """The team after its first deploy, with a changed file that waits for the next."""
    team.deployed()
    team.sandbox.clock.sleep(60)  # S3 tells times in whole seconds: the next object is the newest
    team.change_code()
    return team


@contextmanager
def alias_stands(team: Team, alias: str = "live") -> Iterator[None]:
    """The alias, its revision and its route are the same after the block as before."""
    before = team.alias(alias)

    yield

    assert team.alias(alias) == before


@contextmanager
def nothing_moves(team: Team, alias: str = "live") -> Iterator[None]:
    """As alias_stands, and no version was published either."""
    versions = team.versions()
    with alias_stands(team, alias):
        yield

    assert team.versions() == versions


def evil_zip(text: str = "def handler(event, context): steal(event)\n") -> bytes:
    """Code that nobody reviewed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", text)
    return buffer.getvalue()
