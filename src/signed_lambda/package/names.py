"""Which names may stand in a package, and how a bad one is shown.

A name is refused when two readers (Lambda's unzip, a reviewer's terminal, a Windows checkout) could
take it for different things. Pure: imports limits only; never opens a file.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.package.limits import COMPONENT_BYTES_MAX, DEPTH_MAX, PATH_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIGNATURE_FOLDER: Final = "META_INF"
SIGNATURE_FILE: Final = "META_INF/aws_signer_signature_v1.0.SF"
"""Where AWS Signer puts its signature: an underscore, unlike the META-INF of jars.

Source: a package that AWS Signer signed, tests/data/signer/README.md.
"""

_BIDI: Final = regex("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters of Unicode's property Bidi_Control.

Source: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
"""
_BREAKING: Final = regex("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line and paragraph separators, halves of surrogate pairs."""
_DRIVE: Final = regex(r"[A-Za-z]:")
_ORDINARY: Final = regex(r"(?:[A-Za-z0-9_@+=,~-][A-Za-z0-9_.@+=,~-]{0,99}(?:/(?!$)|$))+")
_ORDINARY_MAX: Final = 400
"""Names that cannot have a fault: nearly all, told from the others in a tenth of the time."""
_SHOWN_MAX: Final = 200


def shown(name: str | bytes) -> str:
    """The name as it may be printed: escapes for what is not UTF-8 or not printable, cut if long.

    Returns:
        One line; at most 200 characters and the word about the rest.
    """
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    if text.isprintable() and len(text) <= _SHOWN_MAX:
        return text
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
    if len(text) > _SHOWN_MAX:
        return f"{text[:_SHOWN_MAX]}... ({len(text)} characters)"
    return text


def text_fault(text: str) -> str | None:
    """What makes this text unfit as a name or a link's target, or None.

    Returns:
        A phrase such as "a control character (0x0a)", to be read after "has".
    """
    if found := _BREAKING.search(text):
        return f"a control character (0x{ord(found[0]):02x})"
    if found := _BIDI.search(text):
        return f"a character that turns the direction of writing (U+{ord(found[0]):04X})"
    if "\\" in text:
        return "a backslash, which other unzip tools read as a folder"
    return None


def name_fault(name: str) -> str | None:
    """What makes this name unfit for a package, or None.

    Args:
        name: "/"-separated, without the closing "/" of a folder's entry.

    Returns:
        A phrase to be read after "has".
    """
    if len(name) <= _ORDINARY_MAX and _ORDINARY.fullmatch(name):
        return None
    return next(_faults(name), None)


def _faults(name: str) -> Iterator[str]:
    if not name:
        yield "no characters"
    if name.startswith("/"):
        yield "a leading '/': it is absolute"
    if _DRIVE.match(name):
        yield "a drive letter"
    parts = name.split("/")
    for part in parts:
        if part in {"", ".", ".."}:
            yield f"the part '{part}', which leaves or doubles a folder"
        if len(part.encode("utf-8", "surrogatepass")) > COMPONENT_BYTES_MAX:
            yield f"a part of more than {COMPONENT_BYTES_MAX} bytes"
    if len(name.encode("utf-8", "surrogatepass")) > PATH_BYTES_MAX:
        yield f"more than {PATH_BYTES_MAX:,} bytes"
    if len(parts) > DEPTH_MAX:
        yield f"more than {DEPTH_MAX} folders"
    if fault := text_fault(name):
        yield fault


def paths_characters(names: Iterable[str]) -> int:
    """Characters of all names and of the folders above each, at most; see `Limits`."""
    return sum(len(name) * (1 + name.count("/")) for name in names)


def twin_notes(names: Iterable[str]) -> tuple[str, ...]:
    """Notes on names that a case-folding or normalising file system would take for one.

    Returns:
        At most six sentences: five pairs, then how many more there are.
    """
    told = list(names)
    together = "\0".join(told)  # no name has one: some times as fast as name by name
    if together.isascii() and len(set(together.lower().split("\0"))) == len(told):
        return ()
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in told:
        groups[_folded(name)].append(name)
    twins = [group for group in groups.values() if len(group) > 1]
    notes = [
        f"{' and '.join(shown(n) for n in group[:3])} differ only by {_difference(group)}: "
        "macOS and Windows take them for one file."
        for group in twins[:5]
    ]
    if len(twins) > 5:  # noqa: PLR2004 - the five that were told
        notes.append(f"{len(twins) - 5:,} more names have such a twin.")
    return tuple(notes)


def _folded(name: str) -> str:
    """What such a file system takes the name for."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def _difference(group: list[str]) -> str:
    """What tells the names of a group apart, in words."""
    same = {unicodedata.normalize("NFC", name) for name in group}
    return "Unicode normal form" if len(same) == 1 else "case"
