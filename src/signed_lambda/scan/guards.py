"""Names what a call stands under: a counter, a flag, remaining time, what is left to do.

Pure: imports `form`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.scan.form import Test

_KINDS: Final = (
    (
        "counter",
        (
            r"count\w*|\w*_?counter|depth|attempts?|retr(y|ies)\w*|levels?|hops?|iterations?|num\w*"
            r"|recurs\w*|calls|generation|tries|max_?\w*|remaining_calls|lambdacount|numberofcalls"
        ),
    ),
    (
        "remaining time",
        (
            r"\w*remaining\w*|\w*deadline\w*|\w*elapsed\w*|\w*timeout\w*|\w*getremainingtime\w*"
            r"|\w*time_?left\w*"
        ),
    ),
    (
        "work that others may add",
        (
            r"approximatenumberofmessages\w*|\w*queue_?(size|length|len|empty|depth|count)\w*"
            r"|\w*(pending|backlog)_?(items|jobs|work|messages|tasks|count)|messages"
        ),
    ),
    (
        "what is left to do",
        (
            r"\w*next_?(token|page|marker|key|url)\w*|\w*continuation\w*|\w*marker|cursor\w*|offset"
            r"|\w*truncated\w*|\w*has_?more\w*|more_\w+|last_?evaluated_?key|pages?|total_?pages?"
            r"|\w*exclusive_?start\w*|\w*unprocessed\w*|batch\w*"
            r"|position|index|files|keys|items|records|\w+_left|size|length|len"
        ),
    ),
    (
        "key check",
        (
            r"startswith|endswith|prefix\w*|suffix\w*|\w*extension\w*|\w*ext|includes|match|key"
            r"|file_?name\w*|\w*key"
        ),
    ),
    (
        "flag",
        (
            r"action\w*|mode|operation\w*|\w*type|is_\w+|is[a-z]+|async\w*|worker\w*|warmer|warm\w*"
            r"|flag\w*|source|step|stage|phase|state|status|event_?name|task\w*"
        ),
    ),
)
_ASKED: Final = ("what is left to do", "work that others may add")
"""What is asked for by its name alone, too."""
_WEAK: Final = {
    "remaining time": "it bounds one run, not how many there are",
    "work that others may add": "it may never come to an end",
}
_BOUNDS: Final = ("counter", "what is left to do")
"""What makes up for a weak one that stands nearer."""
_DELETED: Final = "the code deletes it again"
_MARKER: Final = regex(
    r"(?!next|continuation|key|start|version)\w*marker\w*|\w*sentinel\w*|\w*lock_?file\w*|\w*exists"
)
_FAILURE: Final = regex(r"\w{0,6}err(or)?|nil|null|undefined|none|ok|e")
_PATTERNS: Final = tuple((name, regex(pattern)) for name, pattern in _KINDS)


def kind(test: Test) -> str | None:
    """What the condition looks at; None when it asks only whether something is there.

    Whether a former call failed (`err != nil`) bounds nothing.
    """
    if all(_FAILURE.fullmatch(word) for word in test.words):
        return None
    for name, pattern in _PATTERNS:
        asks = test.compares or name in _ASKED
        if asks and any(pattern.fullmatch(word) for word in test.words):
            return name
    return "condition" if test.compares else None


def named(tests: Iterable[Test], *, deletes: bool = False) -> str | None:
    """The nearest guard, by its kind and as written; why it is weak, where no better one stands.

    Args:
        tests: The conditions on the way to the call, innermost first.
        deletes: Whether the code also deletes objects or items: then a marker is none for long.
    """
    found = [(name, test) for test in tests if (name := kind(test)) is not None]
    if not found:
        return None
    name, test = found[0]
    weak = _weakness(name, test, deletes=deletes)
    better = ((n, t) for n, t in found if n in _BOUNDS and not _weakness(n, t, deletes=deletes))
    if weak:
        name, test = next(better, (f"{name} (weak: {weak})", test))
    return f"{name}: {test.text}"


def _weakness(name: str, test: Test, *, deletes: bool) -> str:
    """Why a guard does not bound the loop, "" where it may."""
    if deletes and any(_MARKER.fullmatch(word) for word in test.words):
        return _DELETED
    return _WEAK.get(name, "")
