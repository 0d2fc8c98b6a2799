"""Fixtures of the whole suite: a team's world, and Hypothesis with a fixed seed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.action import Team

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("sweep", settings.get_profile("suite"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team with a function, a versioned bucket, a signing profile, and code signing enforced."""
    return Team(tmp_path)
