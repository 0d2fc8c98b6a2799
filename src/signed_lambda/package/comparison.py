"""Compares a signed zip with the build, entry by entry: the check that pins the package.

AWS Signer's signature alone does not: its digest runs over names and bodies without lengths, and
covers neither types nor modes. So a text split into a new module, two files merged, or a file
turned into a link by its mode bits can carry a valid signature; each is a difference here.

Pure; imports model and this package's types.

Source: github.com/radkawar/stackd at 9dc356f, compute/lambda/signature (the digest's formula)
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Literal

from signed_lambda.lazy import dataclass
from signed_lambda.package.names import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from signed_lambda.model import Entry, Package
    from signed_lambda.package.contents import ZipContents, ZipEntry

What = Literal["added", "missing", "changed bytes", "changed kind", "changed mode", "reordered"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a signed zip is not the build.

    Attributes:
        name: Of the entry, as it stands in the zip.
        what: Is different.
        expected: In the build.
        found: In the signed zip.
    """

    name: str
    what: What
    expected: str
    found: str

    def __str__(self) -> str:
        """One line, fit for a log."""
        return f"{shown(self.name)}: {self.what} (expected {self.expected}, found {self.found})"


def compare(
    package: Package, signed: ZipContents, *, added: Collection[str]
) -> tuple[Difference, ...]:
    """All differences between the build and the signed zip; empty if it is the build.

    Args:
        package: The build.
        signed: The zip that Signer made of it.
        added: Names that must be in the signed zip beside the build's, wherever they stand:
            directories with a closing "/", all others files.

    Returns:
        In the order of the build, then those of `added`, then what was added besides, in the
        order of the signed zip.
    """
    expected = {entry.name: entry for entry in package.entries}
    found = {entry.name: entry for entry in signed.entries}
    differences: list[Difference] = []
    moved = _moved(package.entries, found)
    for name, ours in expected.items():
        theirs = found.get(name)
        if theirs is None:
            differences.append(Difference(name, "missing", _told(ours), "nothing"))
            continue
        differences.extend(_entry_differences(ours, theirs))
        if name in moved:
            where = f"place {theirs.order + 1} of {len(signed.entries)}"
            differences.append(Difference(name, "reordered", moved[name], where))
    for name in added:
        kind = "directory" if name.endswith("/") else "file"
        extra = found.get(name)
        if extra is None:
            differences.append(Difference(name, "missing", f"a {kind} added by Signer", "nothing"))
        elif name not in expected and extra.kind != kind:
            differences.append(Difference(name, "changed kind", kind, extra.kind))
    allowed = set(added)
    differences.extend(
        Difference(entry.name, "added", "nothing", _told(entry))
        for entry in signed.entries
        if entry.name not in expected and entry.name not in allowed
    )
    return tuple(differences)


def _entry_differences(ours: Entry, theirs: ZipEntry) -> list[Difference]:
    differences: list[Difference] = []
    if ours.kind != theirs.kind:
        differences.append(Difference(ours.name, "changed kind", ours.kind, theirs.kind))
    if (ours.size_bytes, ours.sha256) != (theirs.size_bytes, theirs.sha256):
        differences.append(Difference(ours.name, "changed bytes", _content(ours), _content(theirs)))
    if ours.mode != theirs.mode:
        mode = "none" if theirs.mode is None else f"{theirs.mode:04o}"
        differences.append(Difference(ours.name, "changed mode", f"{ours.mode:04o}", mode))
    return differences


def _moved(expected: Sequence[Entry], found: dict[str, ZipEntry]) -> dict[str, str]:
    """The fewest names that, taken out, leave the others in the build's order; and their place.

    These are the names outside one longest increasing run of places (patience sorting).
    """
    names = [entry.name for entry in expected if entry.name in found]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, name in enumerate(names):
        place = found[name].order
        at = bisect_left(ends, place)
        before.append(last[at - 1] if at else -1)
        if at == len(ends):
            ends.append(place)
            last.append(number)
        else:
            ends[at] = place
            last[at] = number
    kept: set[int] = set()
    number = last[-1] if last else -1
    while number >= 0:
        kept.add(number)
        number = before[number]
    return {
        name: f"after {shown(names[number - 1])}" if number else "first"
        for number, name in enumerate(names)
        if number not in kept
    }


def _told(entry: Entry | ZipEntry) -> str:
    return f"a {entry.kind} of {_content(entry)}"


def _content(entry: Entry | ZipEntry) -> str:
    return f"{entry.size_bytes:,} bytes, {entry.sha256}"
