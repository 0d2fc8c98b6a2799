"""Other reviewers' SARIF: counted whatever is in it, and shown in every form of the report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fuzz.shared import shuffled
from signed_lambda.scan.sarif_files import MAX_TOOLS, read_sarif_files
from tests.unit.scan.test_sarif_files import CODEQL, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

MAX_BYTES: Final = 4_096
HERE: Final = Path(tempfile.mkdtemp(prefix="fuzz-")).resolve()
NAMES: Final = """runs tool driver name rules id results ruleId ruleIndex rule index toolComponent
    extensions level message text arguments messageStrings locations physicalLocation uri region
    artifactLocation startLine artifacts location originalUriBaseIds invocations suppressions status
    executionSuccessful kind baselineState version defaultConfiguration"""
WORDS: Final = (
    *(f'"{name}":'.encode() for name in NAMES.split()),
    *b'{ } [ ] , null true -1 1e999 NaN "2.1.0" "error" "\\ud800" "{0}" "[a](1)" "%00"'.split(),
)


def seeds() -> Iterator[bytes]:
    """A run of CodeQL's form, and smaller ones."""
    place = {"artifactLocation": {"index": 0}, "region": {"startLine": 7}}
    for one in (
        CODEQL,
        run({}, {"level": "note", "suppressions": [{"kind": "inSource"}]}, {"kind": "pass"}),
        run({"ruleIndex": 0, "message": {"id": "a", "arguments": ["x", "y"]}}),
        run(
            {"locations": [{"physicalLocation": place}], "baselineState": "absent"},
            artifacts=[{"location": {"uri": "file:///build/a%20b.py"}}],
            originalUriBaseIds={"ROOT": {"uri": "file:///build/"}},
            invocations=[{"executionSuccessful": False}],
        ),
    ):
        yield json.dumps({"version": "2.1.0", "runs": [one]}).encode()


def check(data: bytes) -> None:
    """Nothing is raised; counts and lines are in bounds."""
    (HERE / "a.sarif").write_bytes(data)
    done = read_sarif_files(HERE, ("a.sarif",))

    assert len(done.tools) <= MAX_TOOLS
    assert done.fact().proof
    for tool in done.tools:
        assert tool.total == tool.errors + tool.warnings + tool.notes >= len(tool.findings)
        assert all("\n" not in found.message for found in tool.findings)


def mutated(data: bytes, random: Random) -> bytes:
    """By the piece."""
    return shuffled(data, WORDS, random)
