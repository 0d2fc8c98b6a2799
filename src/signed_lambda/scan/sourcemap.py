"""Source maps: which line of which source a place of a bundle was written as.

A map is a claim of whoever made the package: it places a finding and can carry an allowance, as a
comment in the code can; what is reviewed is the bundle. Maps are foreign: broken, huge and
hostile ones are told and not used. PyPI has no library for them that is kept.

Imports nothing of the product but `watch`.

Source: https://tc39.es/ecma426/
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.watch import TookTooLongError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from signed_lambda.scan.watch import Watch

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINE: Final = 10_000_000
_URL: Final = regex(rb"^[ \t]*//[#@] sourceMappingURL=(\S+)[ \t]*$", re.MULTILINE)
_DATA: Final = regex(r"data:application/json(?:;charset=[\w-]+)?;base64,(.*)")
_WEBPACK: Final = regex(r"(?:\.\./)*webpack:/{1,3}[^/]*/")
"""Before a path from the project's root: `webpack://name/./src/app.js`."""
_TAIL: Final = 4096
"""Bytes at the end of a file in which the name of its map stands."""
_DIGITS: Final = {
    c: n for n, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_CONTINUES, _SHIFT, _MAX_SHIFT = 32, 5, 30
_WITH_SOURCE: Final = 4
_LINE_END: Final = regex(r"\r\n|\r|\n")


class MapError(ValueError):
    """A map that is not used; says why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written.

    Attributes:
        path: Of the source, as seen from the package's root; only for display.
        line: From 1.
        lines: The line before and the line itself, as far as the map has the source.
    """

    path: str
    line: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class SourceMap:
    """One map, decoded when the first place is asked for.

    Attributes:
        why: Why it is not used, "" as long as nothing is wrong with it.
    """

    def __init__(self, path: str, text: bytes, watch: Watch) -> None:
        """Keeps the text.

        Args:
            path: Of the map in the package.
            text: JSON.
            watch: Ends the decoding when it takes too long.
        """
        self._path = path
        self._text = text
        self._watch = watch
        self._decoded: dict[int, tuple[list[int], list[tuple[int, int]]]] | None = None
        self._sources: list[str] = []
        self._contents: list[object] = []
        self.why = ""

    def at(self, line: int, column: int) -> Origin | None:
        """Where a place of the bundle was written, None where the map does not say.

        Args:
            line: From 1.
            column: From 0, in UTF-16 units.
        """
        if self._decoded is None:
            self._decoded = {}
            try:
                self._read()
            except (MapError, TookTooLongError) as error:
                self.why, self._decoded = str(error), {}
        columns, places = self._decoded.get(line, ([], []))
        found = bisect_right(columns, column) - 1
        if found < 0:
            return None
        source, number = places[found]
        return Origin(self._sources[source], number, self._lines(source, number))

    def _lines(self, source: int, number: int) -> tuple[str, ...]:
        content = self._contents[source] if source < len(self._contents) else None
        lines = _LINE_END.split(content) if isinstance(content, str) else []
        return tuple(line[:1000] for line in lines[max(0, number - 2) : number])

    def _read(self) -> None:
        if len(self._text) > MAX_BYTES:
            raise MapError(f"more than {MAX_BYTES:,} bytes")
        try:
            data = json.loads(self._text.removeprefix(b")]}'"))
        except (ValueError, RecursionError) as error:
            raise MapError("not JSON") from error
        if not isinstance(data, dict) or not isinstance(data.get("mappings"), str):
            raise MapError("not a source map of one file")
        sources, contents = data.get("sources"), data.get("sourcesContent")
        if not isinstance(sources, list) or not all(isinstance(s, str | None) for s in sources):
            raise MapError("its sources are not names")
        root = data.get("sourceRoot")
        self._sources = [self._named(root if isinstance(root, str) else "", s) for s in sources]
        self._contents = contents if isinstance(contents, list) else []
        with self._watch.on(self._path):
            self._decode(data["mappings"])

    def _named(self, root: str, source: str | None) -> str:
        name = source or "?"
        of_project = _WEBPACK.match(name)
        if of_project is not None:
            return posixpath.normpath(name[of_project.end() :])[:300]
        name = f"{root.rstrip('/')}/{name}" if root else name
        if re.match(r"[a-z]+:|/", name):
            return name[:300]
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._path), name))[:300]

    def _decode(self, mappings: str) -> None:
        decoded: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}
        source = number = 0
        for line, segments in enumerate(mappings.split(";"), 1):
            column = 0
            for segment in segments.split(",") if segments else ():
                self._watch.step()
                fields = list(_numbers(segment))
                column += fields[0] if fields else 0
                if len(fields) < _WITH_SOURCE:
                    continue
                source, number = source + fields[1], number + fields[2]
                if not 0 <= source < len(self._sources) or not 0 <= number <= MAX_LINE:
                    raise MapError(f"its line {line} points outside its sources")
                columns, places = decoded.setdefault(line, ([], []))
                columns.append(column)
                places.append((source, number + 1))
        for line, (columns, places) in decoded.items():
            if columns != sorted(columns):
                order = sorted(range(len(columns)), key=columns.__getitem__)
                decoded[line] = [columns[n] for n in order], [places[n] for n in order]
        self._decoded = decoded


def _numbers(segment: str) -> Iterator[int]:
    """The numbers of a segment: base 64, five bits a digit, the lowest bit is the sign."""
    value = shift = 0
    for char in segment:
        digit = _DIGITS.get(char)
        if digit is None or shift > _MAX_SHIFT:
            raise MapError("its mappings are not numbers")
        value += (digit % _CONTINUES) << shift
        shift += _SHIFT
        if digit < _CONTINUES:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
    if shift:
        raise MapError("its mappings are cut off")


def map_of(
    path: str, body: bytes, beside: Callable[[str], bytes | None], watch: Watch
) -> SourceMap | None:
    """The map of a file: in its last line, in the file that this names, or beside it.

    Args:
        path: Of the file in the package.
        body: Its bytes.
        beside: The bytes of another file of the package by its path, None when there is none.
        watch: Of the review.
    """
    folder = posixpath.dirname(path)
    inline = body.rfind(b"sourceMappingURL=data:")
    named = _URL.findall(body, max(0, inline - 10) if inline >= 0 else max(0, len(body) - _TAIL))
    url = named[-1].decode("utf-8", "replace") if named else posixpath.basename(path) + ".map"
    data = _DATA.fullmatch(url)
    if data is not None:
        try:
            return SourceMap(path, base64.b64decode(data[1], validate=True), watch)
        except ValueError:  # told as a map that is no JSON
            return SourceMap(path, b"", watch)
    for name in (url.partition("?")[0], posixpath.basename(path) + ".map"):
        where = posixpath.normpath(posixpath.join(folder, name))
        text = None if where.startswith((".", "/")) else beside(where)
        if text is not None:
            return SourceMap(where, text, watch)
    return None


MARKS: Final[Mapping[bytes, str]] = {
    b"__nccwpck_require__": "ncc",
    b"__webpack_require__": "webpack",
    b"__webpack_modules__": "webpack",
    b"__toCommonJS": "esbuild",
    b"__commonJS": "esbuild",
    b"__esm(": "esbuild",
    b"getDefaultExportFromCjs": "rollup",
    b"getAugmentedNamespace": "rollup",
}
"""What bundlers leave in what they make."""
MINIFIER: Final = "a minifier"
_LONG: Final = 200
"""Characters a line, on average: nobody writes so, minifiers do."""


def bundler_of(body: bytes) -> str:
    """Who made a file of JavaScript, "" when a person may have written it."""
    found = next((name for mark, name in MARKS.items() if mark in body), "")
    if found:
        return found
    end = body.rfind(b"//# sourceMappingURL=")
    code = body[:end] if end >= 0 else body
    return MINIFIER if len(code) > _LONG * (code.count(b"\n") + 1) else ""
