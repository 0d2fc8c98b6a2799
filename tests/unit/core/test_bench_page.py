"""The page of figures tells both sides, what was asked, and where it was missed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.__main__ import run, written
from bench.figures import Run, Sheet, Side, interleave, process

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_sides_take_turns_and_the_first_round_is_thrown_away() -> None:
    order: list[str] = []
    took = {"a": iter((9.0, 1.0, 2.0, 3.0)), "b": iter((9.0, 4.0, 5.0, 60.0))}

    def side(name: str) -> Run:
        order.append(name)
        return Run(next(took[name]))

    figures = interleave({"a": lambda: side("a"), "b": lambda: side("b")}, 3)

    assert order == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert [(s.name, s.seconds, s.runs) for s in figures.values()] == [("a", 2.0, 3), ("b", 5.0, 3)]
    assert figures["a"].times(figures["b"]) == 2.5


def test_a_process_is_measured_with_its_children() -> None:
    run, text = process(["python3", "-c", "print(len(bytearray(60_000_000)))"], whole_tree=True)

    assert text == "60000000\n"
    assert run.seconds > 0
    assert run.rss_mb > 55


def result(script: str, **given: object) -> dict[str, Any]:
    """What a script left, as it is kept."""
    empty = {"date": "2026-11-26", "machine": "2 CPUs", "sheet": None, "printed": "", "skipped": ""}
    return {"script": script} | empty | given


def test_the_page_tells_what_was_asked_measured_and_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = Sheet("Zips", "Of a tree.")
    sides = [Side.of("ours", [Run(2.0)]), Side.of("zip | 6", [Run(3.0)])]
    sheet.add("small", asked="5x", measured="1.5x", reached=False, sides=sides)
    sheet.add("large", asked="1x", measured="1.5x", reached=True)
    sheet.skip("SAM", "no network")
    sheet.tell("python bench/zips.py", tmp_path / "zips.json")

    page = written(
        [
            result("zips.py", sheet=json.loads((tmp_path / "zips.json").read_text())),
            result("other.py", printed="7 ms\n"),
            result("x.py", skipped="why"),
        ]
    )

    assert "small: 1.5x (asked: 5x; NOT REACHED)" in capsys.readouterr().out
    assert "| small | 5x | 1.5x | **no** |" in page
    assert "| large | 1x | 1.5x | yes |" in page
    assert "| zip \\| 6 | 3 s |" in page
    assert "- Zips, small: asked 5x, measured 1.5x" in page
    assert "- SAM: no network" in page
    assert "- x.py: why" in page
    assert "2026-11-26, 2 CPUs.\n\n```text\n7 ms\n```" in page


def test_a_script_that_needs_what_is_not_here_is_told_with_its_reason(tmp_path: Path) -> None:
    broken, idle = tmp_path / "broken.py", tmp_path / "idle.py"
    broken.write_text("raise SystemExit('no tree')")
    idle.write_text("print('nothing measured; usage: idle.py TREE')")

    assert run(broken)["skipped"] == "ended with 1: no tree"
    assert run(idle)["skipped"] == "idle.py TREE"
