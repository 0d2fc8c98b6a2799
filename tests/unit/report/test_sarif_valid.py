"""SARIF as its judges see it: GitHub's ingestion rules, run for real, and the schema."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given

from signed_lambda.report.sarif import render_sarif
from tests.support.hostile import HOSTILE_REPORTS, REPORTS
from tests.support.sarif import ingestion_faults, schema_faults
from tests.unit.report.cases import CASES, LOOP, PAGES
from tests.unit.report.test_sarif import NAMES, many, reviewed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Report

GOLDEN: Final = {f"{name}.sarif": render_sarif(CASES[name], PAGES) for name in CASES}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the validator says of all golden cases, hostile names, many results, a broken file."""
    folder = tmp_path_factory.mktemp("sarif files")
    files = dict(GOLDEN)
    files["names.sarif"] = render_sarif(
        reviewed(*(replace(LOOP, path=name, message=f"see [{name}](0) {{0}}") for name in NAMES)),
        PAGES,
    )
    files["many.sarif"] = render_sarif(reviewed(*many(30_000)), PAGES)
    files["broken.sarif"] = (
        GOLDEN["findings.sarif"].replace('"fullDescription"', '"x"').replace(": 47,", ": 0,")
    )
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")
    return ingestion_faults(sorted(folder.iterdir()), tmp_path_factory.mktemp("log"))


def test_githubs_ingestion_rules_find_nothing_in_ours(judged: list[str]) -> None:
    assert [fault for fault in judged if not fault.startswith("broken.sarif: ")] == []


def test_githubs_ingestion_rules_find_what_is_broken(judged: list[str]) -> None:
    broken = " ".join(judged)

    assert "broken.sarif: error GH2012" in broken
    assert "startLine" in broken


@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_case_is_of_sarifs_schema(name: str) -> None:
    assert schema_faults(json.loads(GOLDEN[name])) == []


def test_schema_finds_what_is_broken() -> None:
    log = json.loads(GOLDEN["findings.sarif"])
    log["runs"][0]["results"][0]["level"] = "high"

    assert schema_faults(log) != []


@HOSTILE_REPORTS
@given(shown=REPORTS)
def test_hostile_reports_are_of_sarifs_schema_and_do_nothing(shown: Report) -> None:
    text = render_sarif(shown, PAGES)

    assert text.isascii()
    assert schema_faults(json.loads(text)) == []
    for said in messages(json.loads(text)["runs"]):
        assert all(c.isprintable() or c in "\n\u2060" for c in said)
        assert not re.search(r"\]\(|@\w|\{[0-9]+\}", said)


def messages(value: object) -> Iterator[str]:
    """All texts inside that a reader may take for SARIF's own markup; the rules' pages are ours."""
    if isinstance(value, list):
        for inner in value:
            yield from messages(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("text", "justification"):
                yield inner
            elif key != "rules":
                yield from messages(inner)
