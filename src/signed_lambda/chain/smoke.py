"""Step 11: the new version is invoked by number with the user's event, before the alias moves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.errors import SmokeError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.named_file import read_named
from signed_lambda.report.model import Fact, Link, Status

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Invocation

MAX_EVENT_BYTES: Final = 6 * 1024 * 1024
"""Source: AWS docs, Lambda quotas, invocation payload (synchronous)."""
_TYPE: Final = regex(r"[A-Za-z_][\w.$:]{0,99}", re.ASCII)
"""The name of an exception's class, in any of Lambda's languages."""


@dataclass(frozen=True, slots=True)
class SmokeTested:
    """The version answered the smoke event without an error."""

    version: str
    status: int

    @classmethod
    def confirm(cls, published: PublishedVersion, answer: Invocation) -> Self:
        """From Invoke's answer.

        Raises:
            SmokeError: A FunctionError, an HTTP error, or another version answered.
        """
        good = answer.status == 200 and answer.function_error is None  # noqa: PLR2004 - HTTP OK
        if not good or answer.executed_version != published.version:
            other = answer.executed_version != published.version
            raise SmokeError.of(
                "E-SMOKE-01",
                f"version {published.version} answered the smoke event with status"
                f" {answer.status}, FunctionError {answer.function_error or 'none'}"
                f"{_error_type(answer.payload)}"
                f"{f', and version {answer.executed_version} answered instead' if other else ''}",
                "Mend the function or the event; what the function said is not shown here, because"
                f" it may hold secrets: it is in CloudWatch, /aws/lambda/{published.function}",
            )
        return cls(published.version, answer.status)

    def fact(self) -> Fact:
        """For the journal."""
        return Fact(
            step="smoke",
            title=f"Smoke test of version {self.version}",
            status=Status.OK,
            proof=f"status {self.status}, no FunctionError",
        )

    def links(self) -> tuple[Link, ...]:
        """None: it proves behaviour, not bytes."""
        return ()


def _error_type(payload: bytes) -> str:
    """The class of the error: of a function's answer the only thing that is shown.

    Its message and its trace are written by the function, and may hold what it holds.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    name = answer.get("errorType") if isinstance(answer, dict) else None
    return f" ({name})" if isinstance(name, str) and _TYPE.fullmatch(name) else ""


def read_smoke_event(name: str | None, workspace: Path) -> bytes | None:
    """The payload in the file that the input smoke-event names, relative to the workspace.

    Raises:
        SmokeError: It is outside the workspace, unreadable, too large, or no JSON.
    """
    if name is None:
        return None
    try:
        payload = read_named(name, workspace, MAX_EVENT_BYTES)
        json.loads(payload)
    except (OSError, ValueError, RecursionError) as error:
        raise SmokeError.of(
            "E-SMOKE-02",
            f"smoke-event {name!r} cannot be used: {getattr(error, 'strerror', None) or error}",
            "Give the path of a JSON file in the repository",
        ) from error
    return payload


def smoke_test(bench: Workbench, order: Order, published: PublishedVersion) -> SmokeTested | None:
    """Invokes the version if a smoke event was given; None where none was, noted as skipped.

    Raises:
        SmokeError: The function answered with an error.
    """
    if order.smoke_event is None:
        bench.journal.fact(
            step="smoke",
            title="Smoke test",
            status=Status.SKIPPED,
            proof="no smoke-event was given",
        )
        return None
    bench.journal.progress(
        f"smoke test: waiting for the answer of version {published.version},"
        f" {bench.deadline.left_s():.0f} s left of timeout-minutes"
    )
    answer = bench.cloud.invoke(order.function, published.version, order.smoke_event)
    return SmokeTested.confirm(published, answer)
