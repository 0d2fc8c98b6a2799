"""A place to pack in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from trees import Place

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workspace with an empty source."""
    return Place.beneath(tmp_path)
