"""What tools/mutants.py changes, and that the table of equivalent mutants fits the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.mutants import mutants
from tools.mutation import ROOT, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from tools.mutation import Area

AREAS = read_table()


def changes(folder: Path, *lines: str) -> list[str]:
    """In words, of a function with these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    (folder / "m.py").write_text(f"def f(a, b):\n{body}")
    return [m.key.removeprefix("m:f: ") for m in mutants("m", folder / "m.py")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("return", []),
        ("return None", []),
        ("return a", ["return a => return None"]),
        ("raise a", ["raise a => pass"]),
        ("a += b", ["a += b => pass"]),
        ("a = b - 1", ["b - 1 => b + 1", "1 => 2", "1 => 0"]),
        (
            "a = b < 0.5",
            ["b < 0.5 => b <= 0.5", "b < 0.5 => b >= 0.5", "0.5 => 1.5", "0.5 => -0.5"],
        ),
        ("a = a is not b", ["a is not b => a is b"]),
        ("a = a == 'x'", ["a == 'x' => a != 'x'", "'x' => 'another text'"]),
        ("a = a and b", ["a and b => a or b"]),
        ("a = not b", ["not b => b"]),
        ("a = True", ["True => False"]),
        ("a = 'text'", []),
        ("a: int | str = b", []),
        ("assert a == 1", []),
        ("a = f'{a + 1:02d}'", []),
        ("'A docstring.'", []),
        ("a = min(a, b)", []),
        (
            "a = g(a, b, k=b)",
            [
                "g() with its first two arguments swapped",
                "g() without k=",
            ],
        ),
    ],
)
def test_a_line_has_the_mutants_of_the_standard_operators(
    tmp_path: Path, line: str, told: list[str]
) -> None:
    assert changes(tmp_path, line) == told


def test_a_condition_is_turned_round(tmp_path: Path) -> None:
    assert changes(tmp_path, "if a: a = b", "while g(): a = b") == ["a => not a", "g() => not g()"]


def test_equal_changes_of_a_function_are_numbered(tmp_path: Path) -> None:
    assert changes(tmp_path, "a = True", "b = True") == ["True => False", "True => False #2"]


def test_a_mutant_differs_by_its_change_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("class C:\n    def f(self, a):\n        return [a < 1 for _ in (1,)]\n")
    code = {m.key.partition(": ")[2]: m.code() for m in mutants("m", path)}

    consts = code["a < 1 => a <= 1"].co_consts
    inner = next(c for c in consts if hasattr(c, "co_qualname"))

    assert {c.co_qualname for c in code.values()} == {"C.f"}
    assert inner.co_qualname == "C.f.<locals>.<listcomp>"
    assert code["1 => 2"].co_consts != code["1 => 0"].co_consts


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_the_areas_files_and_tests_are_there(area: Area) -> None:
    assert area.files
    assert [name for name in area.tests if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_every_equivalent_mutant_exists_and_has_a_reason(area: Area) -> None:
    keys = [mutant.key for mutant in area.mutants()]

    assert len(set(keys)) == len(keys)
    assert set(area.equivalent) - set(keys) == set()
    assert [key for key, reason in area.equivalent.items() if not reason.endswith(".")] == []
