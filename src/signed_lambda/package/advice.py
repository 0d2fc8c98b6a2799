"""What a package holds that its function hardly needs, and what leaving it out would save.

Advice only: nothing is left out by it. A kind is told by name alone and stands for one line of
`exclude` that leaves out exactly what is counted here (a test packs again to see it).

Pure; imports model and layout.

Sources: https://www.typescriptlang.org/docs/handbook/declaration-files/introduction.html and
https://typing.python.org/en/latest/spec/distributing.html#stub-files (types, for tools only);
https://nodejs.org/api/cli.html#--enable-source-maps (maps are read only if Node is told to)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.model import Advice
from signed_lambda.package.layout import CENTRAL, LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.model import Entry, Place

SHARE: Final = 0.05
"""Of the unzipped package: below it, no line of advice is worth its reading."""
KIND_SHARE: Final = 0.005
"""Of the unzipped package: what a kind has to save to be told beside others."""

_IN_MODULES: Final = "/node_modules/"
_KINDS: Final = (
    ("**/node_modules/**/*.map", "source maps of installed packages"),
    ("*.d.ts", "TypeScript declarations"),
    ("*.d.mts", "TypeScript declarations"),
    ("*.d.cts", "TypeScript declarations"),
    ("**/node_modules/**/*.md", "texts of installed packages"),
    ("tests/", "folders of tests"),
    ("*.pyi", "type stubs of Python"),
)
_ENDS: Final = tuple(pattern.rpartition("*")[2] for pattern, _ in _KINDS if "*" in pattern)


def advise(entries: Iterable[tuple[Entry, Place]]) -> tuple[Advice, ...]:
    """What could be left out, the largest saving first; empty where it is not worth it.

    Args:
        entries: Those of a package, each with where its data lie.
    """
    found: dict[str, list[int]] = {}
    all_bytes = 0
    for entry, place in entries:
        all_bytes += entry.size_bytes
        if pattern := _pattern(entry.name):
            sums = found.setdefault(pattern, [0, 0, 0])
            sums[0] += 1
            sums[1] += entry.size_bytes
            headers_bytes = LOCAL.size + CENTRAL.size + 2 * len(entry.name.encode())
            sums[2] += headers_bytes + place.compressed_bytes
    told = [
        Advice(exclude=pattern, what=what, files=files, size_bytes=size, zipped_bytes=zipped)
        for pattern, what in _KINDS
        for files, size, zipped in [found.get(pattern, (0, 0, 0))]
        if size > all_bytes * KIND_SHARE
    ]
    if sum(advice.size_bytes for advice in told) < all_bytes * SHARE:
        return ()
    return tuple(sorted(told, key=lambda advice: -advice.size_bytes))


def _pattern(name: str) -> str:
    """The line of `exclude` that leaves out this file; "" if it is none of these."""
    if "/tests/" in f"/{name}":
        return "tests/"
    if not name.endswith(_ENDS):
        return ""
    suffix = name[name.rfind(".") :]
    if suffix in (".map", ".md"):
        return f"**/node_modules/**/*{suffix}" if _IN_MODULES in f"/{name}" else ""
    return "*.pyi" if suffix == ".pyi" else f"*.d{suffix}"
