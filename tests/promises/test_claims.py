"""What SECURITY.md and docs/threat-model.md claim is shown by tests that exist."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.promises.modules import ROOT

PAGES: Final = ("SECURITY.md", "docs/threat-model.md")
CLAIM: Final = re.compile(r"`((?:tests|docs)/[^`:]+)(?:::(test_\w+))?`")


def unshown(page: str) -> list[str]:
    """The places that a page names and that are not there."""
    missing = []
    for path, test in CLAIM.findall(page):
        place = ROOT / path
        if not place.exists():
            missing.append(path)
        elif test and f"def {test}(" not in place.read_text(encoding="utf-8"):
            missing.append(f"{path}::{test}")
    return missing


@pytest.mark.parametrize("page", PAGES)
def test_what_is_claimed_is_shown_by_a_test_that_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert CLAIM.search(text)
    assert unshown(text) == []


def test_a_claim_without_a_test_is_found() -> None:
    page = "`tests/none/` `tests/promises/test_claims.py::test_that_is_not_there`"

    assert unshown(page) == [
        "tests/none/",
        "tests/promises/test_claims.py::test_that_is_not_there",
    ]


def test_every_threat_has_a_line() -> None:
    text = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")

    assert [n for n in range(1, 28) if f"| T{n} |" not in text] == []
    assert [n for n in range(1, 16) if f"| I{n} |" not in text] == []
