"""A world for tests of `signed_lambda setup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.admin import Admin

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    """An administrator with a function, a checkout and nothing else."""
    return Admin(tmp_path)
