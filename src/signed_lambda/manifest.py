"""A build's list of files in little space: kept with the record of a review, read at the deploy.

The record (a check run) has room for 65,535 characters. A manifest is the names of all files with
48 bits of a hash each; of a build with very many files it is the names of folders, as deep as there
is room. It only tells a reader *which* files differ: whether any does is decided by the build's
whole SHA-256, never by this.

Pure: imports model and report.model. What `decode` reads is foreign text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Differing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from signed_lambda.model import Entry

LIMIT_CHARACTERS: Final = 60_000
"""Of the encoded text; a check run's output has 65,535 for it.

Source: https://docs.github.com/en/rest/checks/runs#create-a-check-run (output[text])
"""
_MAX_UNPACKED: Final = 16 * 1024 * 1024
_HEX_DIGITS: Final = 12
_LEAST_CHARACTERS: Final = 8
"""What a name's hash takes at least: six bytes that no compression makes fewer, in base64."""
_VERSION: Final = 1
_WHOLE: Final = 10_000
"""Deeper than any path that is packed: every file by its own name."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build holds.

    Attributes:
        depth: Names are cut after so many parts of the path.
        hashes: By name, 12 hex digits each; a folder's name ends with "/".
    """

    depth: int
    hashes: Mapping[str, str]

    @classmethod
    def of(cls, entries: Iterable[Entry], depth: int = _WHOLE) -> Manifest:
        """Of a build's entries.

        Args:
            entries: In any order.
            depth: 0 or more; at 0 there is one name, "/".
        """
        folders: dict[str, list[str]] = {}
        for entry in entries:
            kind = f"{entry.kind}\0{entry.mode:o}\0{entry.sha256.hex}"
            folders.setdefault(_cut(entry.name, depth), []).append(f"{entry.name}\0{kind}")
        return cls(depth, {name: _short("\n".join(sorted(f))) for name, f in folders.items()})


def encode(entries: Iterable[Entry], *, limit: int = LIMIT_CHARACTERS) -> str:
    """The manifest as one line of ASCII, as detailed as fits.

    Args:
        entries: Of the build.
        limit: Characters, at least 200.

    Raises:
        ValueError: The limit is too small for any manifest.
    """
    known = list(entries)
    room = limit // _LEAST_CHARACTERS
    deepest = max((entry.name.count("/") for entry in known), default=0)
    depths = range(deepest + 1)  # the deeper, the more names: the first that are too many
    too_deep = bisect_right(depths, room, key=lambda d: len({_cut(e.name, d) for e in known}))
    for depth in (*([_WHOLE] if len(known) <= room else []), *reversed(depths[:too_deep])):
        text = _packed(Manifest.of(known, depth))
        if len(text) <= limit:
            return text
    raise ValueError(f"no manifest fits into {limit} characters")


def decode(text: str) -> Manifest | None:
    """The manifest that `encode` made; None for any other text."""
    try:
        packed = base64.b64decode(text.strip(), validate=True)
        inflater = zlib.decompressobj()
        raw = inflater.decompress(packed, _MAX_UNPACKED)
        data = json.loads(raw) if inflater.eof and not inflater.unused_data else None
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("manifest") != _VERSION:
        return None
    depth, hashes = data.get("depth"), data.get("hashes")
    if isinstance(depth, bool) or not isinstance(depth, int) or not isinstance(hashes, dict):
        return None
    if depth < 0 or not all(isinstance(value, str) for value in hashes.values()):
        return None
    return Manifest(depth, hashes)


def differing(reviewed: Manifest, entries: Iterable[Entry]) -> tuple[Differing, ...]:
    """How a build differs from the one whose manifest was kept, by name.

    Args:
        reviewed: Of the other build.
        entries: Of the build at hand.
    """
    before, after = reviewed.hashes, Manifest.of(entries, reviewed.depth).hashes
    return tuple(
        Differing(
            name,
            "added" if name not in before else "removed" if name not in after else "changed",
        )
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def _cut(name: str, depth: int) -> str:
    """The first parts of a path; a folder's name ends with "/"."""
    parts = name.split("/")
    return name if len(parts) <= depth else "/".join(parts[:depth]) + "/"


def _packed(manifest: Manifest) -> str:
    data = {"manifest": _VERSION, "depth": manifest.depth, "hashes": dict(manifest.hashes)}
    text = json.dumps(data, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_HEX_DIGITS]
