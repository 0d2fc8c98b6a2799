"""`lambda_sandbox` on a port answers as AWS does: every row of the table, none excepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import servers
from tests.contract.results import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from tests.contract.results import Result
    from tests.contract.row import Row
    from tests.contract.target import Target


@pytest.fixture(scope="module")
def target() -> Callable[[], AbstractContextManager[Target]]:
    """Starts the sandbox."""
    return servers.sandbox


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.id)
def test_sandbox_answers_as_aws(row: Row, results: Mapping[str, Result]) -> None:
    result = results[row.id]

    if result.error is not None:
        raise result.error
    assert result.outcome == "passed"
