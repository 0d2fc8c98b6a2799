"""Allowances in the code: used ones stay visible, unused ones are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.scan import review
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.scan import Review
    from tests.support.action import Team

SAID = "# signed-lambda: allow REC-SELF-CTX -- counted"
CALL = "    c.invoke(FunctionName=context.function_name)"


def reviewed(folder: Path, text: str, name: str = "app.py") -> Review:
    """The review of one file."""
    place = Place.beneath(folder)
    place.fill({name: text.encode()})
    return review(place.pack(), "orders", VirtualClock())


@pytest.mark.parametrize(
    "text",
    [
        f"def handler(event, context):\n    {SAID}\n{CALL}\n",
        f"def handler(event, context):\n{CALL}  {SAID}\n",
    ],
    ids=["above", "behind"],
)
def test_an_allowance_that_allows_something_is_used(tmp_path: Path, text: str) -> None:
    done = reviewed(tmp_path, text)

    assert [f.allowed for f in done.findings] == ["counted"]
    assert done.unused == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{SAID}\ndef handler(event, context):\n    return 1\n", 1),
        (f"{SAID}\n\n\ndef handler(event, context):\n{CALL}\n", 1),
        (f"def handler(event, context):\n{CALL}\n    return 1\n    {SAID}\n", 4),
        (f"def handler(event, context):\n{CALL}  {SAID.replace('SELF-CTX', 'S3')}\n", 2),
    ],
    ids=["nothing there", "too far above", "below", "another rule"],
)
def test_an_allowance_that_allows_nothing_is_told(tmp_path: Path, text: str, line: int) -> None:
    done = reviewed(tmp_path, text)

    assert [a.place for a in done.unused] == [f"app.py:{line}"]
    assert all(f.allowed is None for f in done.findings)


def test_an_unused_allowance_is_a_warning_of_the_report(team: Team) -> None:
    team.write_source({"greet.py": f"{SAID}\ndef hello(event):\n    return 1\n"})

    ended = team.run("scan", source="function")

    assert ended.exit_code == 0
    assert "greet.py:1 allows REC-SELF-CTX, and nothing is found there" in ended.report["warnings"]
