"""The search for leaked secrets finds every secret that is planted, in every spelling."""

from __future__ import annotations

import base64
import html
import textwrap

import pytest

from tests.support.canaries import (
    PLANTED,
    Canary,
    Leak,
    leaks,
    presigned,
    spellings,
    without_masks,
)

SIGNED = "https://b.s3.amazonaws.com/k?versionId=1&X-Amz-Signature=" + "0f" * 32 + "&X-Amz-Date=1"
ALL = (*PLANTED, *presigned([SIGNED]))
SPELLINGS = tuple(spellings("x" * 20))


def names(found: list[Leak]) -> set[str]:
    return {leak.canary for leak in found}


def test_there_are_at_least_twelve_and_none_is_part_of_another() -> None:
    values = [canary.value for canary in ALL]

    assert len(values) >= 12
    assert [v for v in values for other in values if v is not other and v in other] == []
    assert leaks({"log": "nothing of all that"}, ALL) == []


@pytest.mark.parametrize("how", SPELLINGS)
@pytest.mark.parametrize("canary", ALL, ids=lambda c: c.name)
def test_every_spelling_of_every_canary_is_found(canary: Canary, how: str) -> None:
    text = f"before {spellings(canary.value)[how]} behind"

    found = leaks({"log": "clean", "summary": text}, ALL)

    assert canary.name in names(found)
    assert {leak.sink for leak in found} == {"summary"}


@pytest.mark.parametrize("shift", range(6))
@pytest.mark.parametrize("canary", ALL, ids=lambda c: c.name)
def test_a_canary_inside_of_base64_is_found_at_every_place(canary: Canary, shift: int) -> None:
    text = base64.b64encode(b"y" * shift + canary.value.encode() + b"z" * 7).decode()

    assert names(leaks({"log": text}, ALL)) == {canary.name}


@pytest.mark.parametrize("canary", ALL, ids=lambda c: c.name)
def test_a_canary_that_is_wrapped_escaped_or_clipped_is_found(canary: Canary) -> None:
    value = canary.value
    sinks = {
        "wrapped": "\n  ".join(textwrap.wrap(value, 11)),
        "entities": "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in value),
        "HTML": html.escape(value),
        "Markdown": "".join(f"\\{c}" if c in "_*[]-/+=.{}" else c for c in value),
        "joined": "\u2060".join(value),
        "beginning": value[: max(20, len(value) // 2)],
        "end": value[-max(26, len(value) // 2) :],
        "bytes": value.encode(),
    }

    found = leaks(sinks, [canary])

    assert {leak.sink for leak in found} == set(sinks)


def test_a_mask_is_allowed_as_exactly_that_line_once_and_for_what_github_may_not_know() -> None:
    mine = Canary("minted", "minted-in-the-job-%-0123", maskable=True)
    known = Canary("known to GitHub", "known-to-the-runner-0123")
    good = "::add-mask::minted-in-the-job-%25-0123"
    bad = [good, "::add-mask::known-to-the-runner-0123", "::add-mask::something else"]
    printed = "\n".join(["first", good, *bad, f" {good}", "last"])

    rest, wrong = without_masks(printed, [mine, known])

    assert wrong == bad
    assert rest == f"first\n {good}\nlast"
    assert names(leaks({"log": rest}, [mine])) == {"minted"}
