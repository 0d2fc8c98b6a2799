"""The rigs of a test process: each scenario's world is arranged once."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.rig.bench import Rig, rig_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def rig() -> Iterator[Callable[[str], Rig]]:
    """Gives the rig of a scenario by its name."""
    made: dict[str, Rig] = {}
    with ExitStack() as stack:

        def of(name: str) -> Rig:
            if name not in made:
                made[name] = stack.enter_context(rig_of(name))
            return made[name]

        yield of
