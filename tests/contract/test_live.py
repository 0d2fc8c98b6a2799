"""AWS itself answers as the table says. Opt-in: LIVE_AWS=1, with the default credentials.

What a row makes is named contract-... and removed when it ends. Three things stay, because making
them anew each time would be worse: the functions' role, and two signing profiles (contract_main,
contract_other), as a profile's name can never be used again. Rows that cancel or revoke a profile
use up a name each.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.contract.results import ALL
from tests.contract.target import NoKnobs, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from tests.contract.results import Result
    from tests.contract.row import Row

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.environ.get("LIVE_AWS") != "1", reason="opt-in: LIVE_AWS=1"),
]


@contextmanager
def live() -> Iterator[Target]:
    """A real account: patient, and few rows at a time, as Lambda's control API is rate-limited."""
    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    yield Target(
        "live", None, region=region, patience_s=120.0, workers=4, tidy=True, knobs=NoKnobs()
    )


@pytest.fixture(scope="module")
def target() -> Callable[[], AbstractContextManager[Target]]:
    """The account of the default credentials."""
    return live


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.id)
def test_aws_answers_as_the_table_says(row: Row, results: Mapping[str, Result]) -> None:
    result = results[row.id]

    if result.outcome == "not provoked":
        pytest.skip(str(result.error))
    if result.error is not None:
        raise result.error
