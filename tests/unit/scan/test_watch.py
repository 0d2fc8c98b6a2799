"""A file that takes too long is given up and said; nothing hangs, and no test waits."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import pytest
import tree_sitter_javascript
from tree_sitter import Language

from lambda_sandbox.core import VirtualClock
from signed_lambda.scan import review
from signed_lambda.scan.form import Module
from signed_lambda.scan.front.grammar import parsed
from signed_lambda.scan.front.python import MAX_MARKS
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.watch import FILE_S, PACKAGE_S, TookTooLongError, Watch
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

MANY: Final = {
    "app.py": "c.invoke(a[b], c=d)\n" * 400,
    "index.js": "c.invoke(a[b], {c: d});\n" * 400,
    "main.go": "package main\nfunc f() {\n" + "c.Invoke(a[b], d)\n" * 400 + "}\n",
    "Main.java": "class Main { void f() {\n" + "c.invoke(a[b], d);\n" * 400 + "} }\n",
}


class Slow(VirtualClock):
    """A clock on which each look takes a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def monotonic(self) -> float:
        """Virtual seconds, and some more each time."""
        self.advance(self._seconds)
        return super().monotonic()


@pytest.mark.parametrize("path", MANY)
def test_a_file_that_takes_too_long_is_given_up_and_said(path: str) -> None:
    slow, quick = Watch(Slow(FILE_S * 0.6).monotonic), Watch(Slow(0.0).monotonic)

    given_up = read(path, MANY[path].encode(), slow)

    assert given_up == Unread(path, "not read: took over 2 s")
    assert isinstance(read(path, MANY[path].encode(), quick), Module)


def test_each_file_has_its_own_time() -> None:
    watch = Watch(Slow(FILE_S / 5).monotonic)

    read_whole = [read(f"{n}.py", b"x = 1\n", watch) for n in range(20)]

    assert all(isinstance(m, Module) for m in read_whole)


def test_the_parser_itself_is_stopped_where_it_can_be() -> None:
    ticks = itertools.count()
    watch = Watch(lambda: float(next(ticks)))
    watch.start()

    found = read("deep.js", b"x = " + b"[" * 400_000, watch)

    assert found == Unread("deep.js", "not read: took over 2 s")
    assert next(ticks) < 10


def test_the_walk_over_a_tree_is_stopped_when_the_parser_was_quick() -> None:
    body, looks = MANY["index.js"].encode(), itertools.count()
    quick = Watch(lambda: next(looks) * 0.0)
    quick.start()
    parsed("index.js", "javascript", body, Language(tree_sitter_javascript.language()), quick)
    until_parsed, later = next(looks), itertools.count()

    found = read("index.js", body, Watch(lambda: 99.0 if next(later) > until_parsed else 0.0))

    assert found == Unread("index.js", "not read: took over 2 s")


@pytest.mark.parametrize("text", ["a\n", "f(a)\n", "x=[1,2,3]\n", "f(a=1, b=2)\n"])
def test_python_that_the_parser_would_take_long_for_is_not_given_to_it(text: str) -> None:
    body = text.encode() * (MAX_MARKS // (len(text) - len(text.strip("\n")) or 1) + 1)

    found = read("big.py", body[: 2 * 1024 * 1024], Watch(lambda: 0.0))

    assert found == Unread("big.py", f"not read: more than {MAX_MARKS:,} signs to parse")


def test_a_long_text_in_python_is_no_reason_to_give_up() -> None:
    body = b"DATA = '" + b"a b c " * 300_000 + b"'\nprint(DATA)\n"

    assert isinstance(read("data.py", body, Watch(lambda: 0.0)), Module)


def test_a_package_has_an_end_too_and_says_so(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    place.fill({f"app{n}.py": b"c.invoke(FunctionName='x')\n" for n in range(5)})

    done = review(place.pack(), "orders", Slow(PACKAGE_S / 3))

    assert [u.why for u in done.unread][-1] == f"not read: the package took over {PACKAGE_S:.0f} s"
    assert 0 < done.files < 5


def test_the_time_of_a_file_ends_and_not_before() -> None:
    now = [0.0]
    watch = Watch(lambda: now[0])
    watch.start()
    now[0] = FILE_S
    watch.look()
    now[0] = FILE_S + 0.01

    with pytest.raises(TookTooLongError, match="took over 2 s"):
        watch.look()
