"""Lets pytest show the values of a row's asserts, and runs the table once per module."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import servers

pytest.register_assert_rewrite(
    *(f"tests.contract.{file.stem}" for file in Path(__file__).parent.glob("rows_*.py")),
    "tests.contract.resources",
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.contract.results import Result
    from tests.contract.row import Row
    from tests.contract.target import Target


@pytest.fixture(scope="session")
def ministack_installed(request: pytest.FixtureRequest) -> None:
    """The second emulator is there: installed if its marker asks for it, else the test is skipped.

    In CI a missing one is a failure.
    """
    asked_for = "ministack" in request.config.getoption("markexpr")
    if not (asked_for or servers.MINISTACK_VENV.exists()):
        if os.environ.get("CI") == "true":
            pytest.fail("ministack is not installed: run pytest -m ministack, or deselect it")
        pytest.skip("ministack is not installed (pytest -m ministack installs it)")
    servers.install_ministack()


@pytest.fixture(scope="module")
def chosen_rows(request: pytest.FixtureRequest) -> list[Row]:
    """The rows that this module's selected tests ask for."""
    asked: dict[str, Row] = {}
    for item in request.session.items:
        if item.path == request.path and hasattr(item, "callspec"):
            row: Any = item.callspec.params["row"]
            asked[row.id] = row
    return list(asked.values())


@pytest.fixture(scope="module")
def results(
    chosen_rows: list[Row], target: Callable[[], AbstractContextManager[Target]]
) -> Iterator[Mapping[str, Result]]:
    """What the chosen rows came to on the module's target, all run at once."""
    from tests.contract.results import run_rows  # noqa: PLC0415 - after the asserts' rewriting

    with target() as started:
        yield run_rows(chosen_rows, started)
