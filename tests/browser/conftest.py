"""The browser of these tests; where there is none they are skipped by name, and fail in CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import chromium, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A started Chromium."""
    path = installed()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Chromium: apt-get install chromium fonts-noto-color-emoji")
        pytest.skip("no Chromium: apt-get install chromium fonts-noto-color-emoji")
    with chromium(path) as started:
        yield started
