"""Runs rows against a target, many at a time, and keeps what each came to.

Most of a row's time is waiting for AWS's asynchronous states, so rows run side by side; those that
would disturb others run by themselves at the end.
"""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tests.contract import (  # noqa: F401 - importing them fills ROWS
    rows_admission,
    rows_alias,
    rows_alias_weights,
    rows_code,
    rows_code_signing,
    rows_iam,
    rows_other,
    rows_policy,
    rows_revision,
    rows_s3,
    rows_signed_zip,
    rows_signer,
    rows_signing_job,
    rows_triggers,
    rows_version,
)
from tests.contract.clients import Clients
from tests.contract.row import ROWS, Area, CannotProvoke, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.contract.target import Target

Outcome = Literal["passed", "failed", "not provoked"]

ALL: tuple[Row, ...] = tuple(sorted(ROWS, key=lambda row: list(Area).index(row.area)))
"""The whole table, by area."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a row came to.

    Attributes:
        outcome: "not provoked" where the target has no means to bring the behaviour about.
        error: What was raised; None if it passed.
    """

    outcome: Outcome
    error: BaseException | None = None

    @property
    def told(self) -> str:
        """The failure in one line: what was answered, and by which line of the row."""
        if self.error is None:
            return ""
        frames = traceback.extract_tb(self.error.__traceback__)
        own = [f for f in frames if "/tests/contract/rows_" in f.filename]
        line = f" [{own[-1].line}]" if own else ""
        text = " ".join(str(self.error).split())[:300]
        return f"{type(self.error).__name__}: {text}{line}"


def run_row(row: Row, target: Target) -> Result:
    """Runs one row with clients and resources of its own."""
    try:
        with Clients(target) as aws:
            row.check(aws)
    except CannotProvoke as error:
        return Result("not provoked", error)
    except Exception as error:  # noqa: BLE001 - whatever a row raises is its result, and is told
        return Result("failed", error)
    return Result("passed")


def run_rows(rows: Iterable[Row], target: Target) -> Mapping[str, Result]:
    """Runs rows side by side; their results by id."""
    wanted = list(rows)
    beside = [r for r in wanted if not r.alone]
    with ThreadPoolExecutor(target.workers) as pool:
        results = dict(
            zip(
                [r.id for r in beside],
                pool.map(lambda r: run_row(r, target), beside),
                strict=True,
            )
        )
    for one in wanted:
        if one.alone:
            results[one.id] = run_row(one, target)
    return results
