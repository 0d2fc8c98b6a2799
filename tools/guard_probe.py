"""A pytest plugin of tools/guards.py: writes down which copy was tested and what failed first.

Loaded with `-p tools.guard_probe`. The environment names the copy (GUARD_SOURCE) and the file to
write (GUARD_REPORT).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

OURS = "E-INTERNAL-01"
"""In a failure's text: the product fell over; that is not the same as noticing."""


def pytest_configure() -> None:
    """Stops when the tests would import the product from somewhere else than the copy."""
    import signed_lambda  # noqa: PLC0415 - the very import that is checked

    found = Path(signed_lambda.__file__).parents[1]
    if found != Path(os.environ["GUARD_SOURCE"]):
        pytest.exit(f"signed_lambda was imported from {found}", returncode=99)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Writes down the first failure."""
    outcome = yield
    report, path = outcome.get_result(), Path(os.environ["GUARD_REPORT"])
    if not report.failed or path.exists():
        return
    kinds = [] if call.excinfo is None else [c.__name__ for c in call.excinfo.type.__mro__]
    fell_over = OURS in report.longreprtext
    found = {"test": report.nodeid, "when": report.when, "kinds": kinds, "fell_over": fell_over}
    path.write_text(json.dumps(found), encoding="utf-8")
