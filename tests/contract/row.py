"""A row of the table: one behaviour of AWS, where it is known from, and the check that asserts it.

May import nothing of this package. A row's name is its function's, its sentence is its docstring.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.clients import Clients

    Check = Callable[[Clients], None]


class Area(StrEnum):
    """The part of AWS that a row speaks of."""

    S3 = "S3"
    IAM = "IAM"
    SIGNER = "Signer"
    CODE_SIGNING = "Code signing"
    CODE = "Code"
    VERSION = "Version"
    ALIAS = "Alias"
    OTHER = "Other"


class Source(StrEnum):
    """Where a behaviour is known from."""

    LOCALSTACK = "LocalStack's AWS-validated snapshots, recorded on AWS 2025-11 to 2026-02"
    STACKD = "captures of AWS in radkawar/stackd (*_native.json), 2026-09"
    MINISTACK = "ministack's comments measured on AWS, 2026-08-26"
    ARTEFACT = "a signature made by AWS Signer: Datadog's Lambda layer, us-east-1, 2022-02-11"
    MODEL = "botocore's service model"
    DOCS = "AWS documentation"
    PRACTICE = "usual practice; measured by nobody we know of"


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour of AWS.

    Attributes:
        id: Unique, made of its function's name.
        area: The part of AWS.
        behaviour: One sentence.
        sources: Where it is known from; never empty.
        check: Asserts AWS's answer.
        compared: One of the 92 behaviours that the emulators are compared by; the others are
            further facts.
        alone: Nothing may run beside it: it turns the target's own knobs (clock, faults), or sends
            so much that an emulator is busy for longer than a state is pending.
    """

    id: str
    area: Area
    behaviour: str
    sources: tuple[Source, ...]
    check: Check
    compared: bool
    alone: bool


class CannotProvoke(Exception):
    """The target has no means to bring the behaviour about (a throttle, a year gone by)."""


ROWS: list[Row] = []


def row(area: Area, *sources: Source, alone: bool = False) -> Callable[[Check], Check]:
    """Adds a behaviour to the 92 that the emulators are compared by.

    Args:
        area: The part of AWS.
        sources: Where it is known from.
        alone: Nothing may run beside it.
    """
    return _adder(area, sources, compared=True, alone=alone)


def further(area: Area, *sources: Source, alone: bool = False) -> Callable[[Check], Check]:
    """Adds a behaviour beyond the 92; see `row`."""
    return _adder(area, sources, compared=False, alone=alone)


def _adder(
    area: Area, sources: tuple[Source, ...], *, compared: bool, alone: bool
) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        behaviour = " ".join((check.__doc__ or "").split())
        id_ = check.__name__.replace("_", "-")
        if not sources or not behaviour or any(r.id == id_ for r in ROWS):
            raise ValueError(f"{id_}: a row needs a source, a sentence and a name of its own")
        ROWS.append(Row(id_, area, behaviour, sources, check, compared, alone))
        return check

    return add


@contextmanager
def refused(code: str | None, status: int | None, *texts: str) -> Iterator[dict[str, Any]]:
    """Asserts that the block ends in AWS's error with this code, HTTP status and parts of its text.

    Args:
        code: Of the error; None where nobody measured it: any.
        status: HTTP status; None: any of the caller's fault, 400 to 499.
        texts: Parts of its message.

    Yields:
        Filled with the error's answer when the block has ended.
    """
    answer: dict[str, Any] = {}
    try:
        yield answer
    except ClientError as error:
        answer.update(error.response)
    assert answer, f"not refused, expected {code or 'an error'}"
    message = answer["Error"].get("Message") or ""
    told = f"answered {answer['ResponseMetadata']['HTTPStatusCode']} {answer['Error'].get('Code')}"
    assert code in (None, answer["Error"].get("Code")), f"{told}, expected {code}: {message}"
    got = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert got == status or (status is None and 400 <= got < 500), f"{told}, expected {status}"
    for text in texts:
        assert text in message, f"{told}; {text!r} is not in {message!r}"
