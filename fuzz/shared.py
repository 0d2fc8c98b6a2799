"""What targets share: files as one text, as on rules' pages; examples; mutation by the piece."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.clock import SystemClock
from signed_lambda.scan import all_rules
from signed_lambda.signals import StopFlag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from signed_lambda.errors import DeployError

TESTS: Final = Path(__file__).parents[1] / "tests" / "unit" / "scan"
_MARK: Final = re.compile(rb"^(?:#|//) file: (\S+)\n", re.MULTILINE)
_TOKEN: Final = re.compile(rb"\w+|\s+|[^\w\s]")
_EXAMPLE: Final = re.compile(r"^(?:Bad|Good)::\n\n((?:(?:    .*)?\n)+)", re.MULTILINE)
NESTING: Final = (1, 1, 2, 3, 40, 1_500)
"""How often a piece is repeated; often enough, now and then, to go deep."""


CLOCK: Final = SystemClock(StopFlag())


def split(data: bytes) -> dict[str, bytes]:
    """The files of a text; what stands before the first mark is of none."""
    _, *rest = _MARK.split(data)
    names = (name.decode("utf-8", "replace") for name in rest[::2])
    return dict(zip(names, rest[1::2], strict=True))


def joined(files: Mapping[str, str]) -> bytes:
    """The text of files."""
    return "".join(f"# file: {name}\n{text.strip()}\n" for name, text in files.items()).encode()


def examples() -> Iterator[bytes]:
    """The good and the bad example of each rule's page."""
    for rule in all_rules():
        for block in _EXAMPLE.findall((inspect.getdoc(rule) or "") + "\n"):
            yield b"# file: app.py\n" + textwrap.dedent(block).encode()


def literals(*tests: str) -> Iterator[str]:
    """The texts of several lines in tests of the review, which are code and templates."""
    for test in tests:
        for node in ast.walk(ast.parse((TESTS / f"test_{test}.py").read_text())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and "\n" in text.strip():
                yield text


def shuffled(data: bytes, words: tuple[bytes, ...], random: Random) -> bytes:
    """The text with some of its pieces taken away, doubled, moved, or replaced by a word.

    Source code that is changed by the byte is hardly ever source code.
    """
    pieces = _TOKEN.findall(data)
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(pieces) + 1)
        end = min(len(pieces), start + random.choice((0, 1, 1, 2, 5, 20)))
        target = random.randrange(len(pieces) + 1)
        match random.randrange(4):
            case 0:
                del pieces[start:end]
            case 1:
                pieces[target:target] = pieces[start:end] * random.choice(NESTING)
            case 2:
                pieces[start:end] = [random.choice(words)] * random.choice(NESTING)
            case _ if pieces:
                pieces[start:end] = [random.choice(pieces)]
    return b"".join(pieces)


def assert_printable(error: DeployError) -> None:
    """The refusal has problems, and each is one line of visible characters."""
    assert error.problems
    assert all(str(problem).isprintable() for problem in error.problems), error.problems
