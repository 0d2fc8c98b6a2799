"""Fixtures of the sandbox's own tests."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.rig import Rig


@pytest.fixture
def rig() -> Rig:
    """A fresh sandbox with clients."""
    return Rig()
