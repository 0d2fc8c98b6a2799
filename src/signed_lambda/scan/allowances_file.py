"""`.signed-lambda.yml`: what it may hold, and every fault of it with its line.

Imported when there is such a file only: the YAML parser is not free. Imports errors,
`inputs.spelling`, the package's patterns, `allowances` and `infra.document`, `infra.tree`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, ScanError, SourceError
from signed_lambda.inputs.spelling import nearest, shown
from signed_lambda.package.patterns import Line, Patterns
from signed_lambda.scan.allowances import CONFIG, Entry
from signed_lambda.scan.infra.tree import NotScannedError, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from signed_lambda.scan.infra.document import Tree

MAX_ENTRIES: Final = 500
"""Each is held against each finding."""
_KEYS: Final = ("rule", "path", "function", "reason")
_NEEDED: Final = ("rule", "path", "reason")
_FORM: Final = "Write `allow:` and a list of entries: rule, path, reason, and function if need be"


def entries_of(body: bytes, rules: Collection[str]) -> tuple[Entry, ...]:
    """The entries of the file.

    Args:
        body: Of the file.
        rules: Ids of the rules that there are.

    Raises:
        ScanError: E-SCAN-03 for every fault.
    """
    reading = _Reading(rules)
    entries = reading.entries(body)
    if reading.problems:
        raise ScanError(*reading.problems)
    return entries


class _Reading:
    """The faults met so far."""

    def __init__(self, rules: Collection[str]) -> None:
        self._rules = rules
        self.problems: list[Problem] = []

    def entries(self, body: bytes) -> tuple[Entry, ...]:
        twice: list[tuple[int, str]] = []
        try:
            tree = parse(body, twice)
        except NotScannedError as error:
            self._fault(0, f"{error}", "Write one YAML document")
            return ()
        for line, key in twice:
            self._fault(line, f"the key {shown(key)} stands twice", "Write it once")
        self._plain(tree)
        self._keys(tree, ("allow",))
        listed = tree.get("allow")
        if not isinstance(listed.value, tuple):
            self._fault(listed.line or tree.line, "`allow` is not a list", _FORM)
            return ()
        if len(listed.value) > MAX_ENTRIES:
            what = f"{len(listed.value):,} entries; at most {MAX_ENTRIES:,} are taken"
            self._fault(listed.line, what, "Name folders instead of files")
            return ()
        read = [self._entry(item) for item in listed.value]
        return tuple(entry for entry in read if entry is not None)

    def _entry(self, item: Tree) -> Entry | None:
        if not isinstance(item.value, dict):
            self._fault(item.line, "an entry is not a table", _FORM)
            return None
        before = len(self.problems)
        self._keys(item, _KEYS)
        texts = {key: self._text(item, key) for key in _KEYS if key in item.table}
        for key in _NEEDED:
            if key not in texts:
                self._fault(item.line, f"an entry has no {key}", f"Add `{key}:`")
        rule, pattern = texts.get("rule", ""), texts.get("path", "")
        if rule and rule not in self._rules:
            known = nearest(rule, self._rules)
            do = f"Nearest: {known}" if known else "docs/rules.md lists the rules"
            self._fault(item.get("rule").line, f"there is no rule {shown(rule)}", do)
        patterns = self._patterns(pattern, item.get("path").line) if pattern else None
        if patterns is None or len(self.problems) > before:
            return None
        return Entry(
            rule=rule,
            reason=" ".join(texts["reason"].split()),
            path=CONFIG,
            line=item.line,
            patterns=patterns,
            function=texts.get("function", ""),
        )

    def _text(self, item: Tree, key: str) -> str:
        value = item.get(key)
        if not value.text.strip():
            self._fault(value.line, f"`{key}` is not a text, or an empty one", f"Say the {key}")
        return value.text.strip()

    def _patterns(self, text: str, line: int) -> Patterns | None:
        do = "Write one path or pattern as in a .gitignore file"
        if text.startswith(("!", "#")):
            self._fault(line, f"path {shown(text)} matches no file", do)
            return None
        try:
            return Patterns((Line(text, f"line {line}"),))
        except SourceError as error:
            self._fault(line, error.problems[0].what, do)
            return None

    def _keys(self, tree: Tree, known: Sequence[str]) -> None:
        for key, value in tree.table.items():
            if key not in known:
                meant = nearest(key, known)
                do = f"Nearest: {meant}" if meant else f"Known: {', '.join(known)}"
                self._fault(value.line, f"unknown key {shown(key)}", do)

    def _plain(self, tree: Tree) -> None:
        """No tag anywhere: it would ask for something that this file does not do."""
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if node.tag:
                self._fault(node.line, f"a tag, {shown(node.tag)}", "Leave it out")
            listed = node.value if isinstance(node.value, tuple) else ()
            waiting.extend((*node.table.values(), *listed))

    def _fault(self, line: int, what: str, do: str) -> None:
        place = f"{CONFIG}:{line}" if line else CONFIG
        self.problems.append(Problem("E-SCAN-03", f"{place}: {what}", do))
