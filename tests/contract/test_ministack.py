"""ministack answers as AWS does, but for the rows it is known to answer otherwise.

The list is strict: a row on it that passes turns the job red, so that a ministack that has learnt
something is noticed. Runs when the marker is asked for or ministack is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract import servers
from tests.contract.ministack_deviations import DEVIATIONS
from tests.contract.results import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from tests.contract.results import Result
    from tests.contract.row import Row
    from tests.contract.target import Target

pytestmark = pytest.mark.ministack


@pytest.fixture(scope="module")
def target(ministack_installed: None) -> Callable[[], AbstractContextManager[Target]]:
    """Starts ministack."""
    del ministack_installed
    return servers.ministack


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.id)
def test_ministack_answers_as_aws_or_as_listed(row: Row, results: Mapping[str, Result]) -> None:
    result = results[row.id]

    if row.id in DEVIATIONS:
        assert result.outcome != "passed", f"ministack changed: remove row {row.id} from the list"
        pytest.xfail(DEVIATIONS[row.id])
    if result.error is not None:
        raise result.error
