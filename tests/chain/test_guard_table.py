"""The table of guards fits the product, so that `make guards` proves what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.guards import Guard, TableError, read_table, table_faults, without

TABLE = read_table()
GUARD = Guard(
    name="g",
    protects="Something.",
    file="plan.py",
    old="if a:\n    raise b\n",
    new="if False:\n    raise b\n",
    tests=("tests/chain",),
)
TEXT = "def f():\n    x = 1\n    if a:\n        raise b\n    return x\n"


def test_every_guard_is_in_the_product_once_and_its_tests_exist() -> None:
    assert table_faults(TABLE) == ()


def test_every_guard_says_what_it_protects_in_one_sentence() -> None:
    assert [g.name for g in TABLE if not g.protects.endswith(".") or "\n" in g.protects] == []


def test_every_removal_changes_the_code() -> None:
    unchanged = [g.name for g in TABLE if without(g)[1] == without(g)[0].read_text("utf-8")]

    assert unchanged == []


def test_a_guard_is_removed_at_its_own_indentation() -> None:
    assert GUARD.removed_from(TEXT) == TEXT.replace("if a:", "if False:")
    assert replace(GUARD, new="").removed_from(TEXT) == "def f():\n    x = 1\n    return x\n"


@pytest.mark.parametrize(
    ("text", "times"),
    [("", 0), (TEXT + TEXT, 2), (TEXT.replace("        raise b", "    raise b"), 0)],
)
def test_a_text_that_is_not_there_exactly_once_is_a_fault(text: str, times: int) -> None:
    with pytest.raises(TableError, match=f"plan.py holds the text {times} times"):
        GUARD.removed_from(text)


def test_only_whole_lines_are_found() -> None:
    with pytest.raises(TableError):
        replace(GUARD, old="if a").removed_from(TEXT)


@pytest.mark.parametrize(
    ("tests", "fault"),
    [
        (("tests/nowhere.py",), "g: no tests/nowhere.py"),
        (("tests/chain/test_plan.py::test_nobody",), "g: no tests/chain/test_plan.py::test_nobody"),
    ],
)
def test_a_test_that_does_not_exist_is_a_fault(tests: tuple[str, ...], fault: str) -> None:
    guard = replace(TABLE[0], name="g", tests=tests)

    assert table_faults((guard,)) == (fault,)


def test_a_removal_that_leaves_no_python_is_a_fault() -> None:
    guard = replace(TABLE[0], new="if:\n")

    [fault] = table_faults((guard,))

    assert "what is left does not compile" in fault
