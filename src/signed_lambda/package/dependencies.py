"""Which installed package a file of a zip belongs to: Python's by their RECORD, Node's by folder.

A reviewer sees "boto3 1.43.98 -> 1.43.106, 214 files" instead of 214 rows. Only for the reader:
nothing is decided by it, and metadata that is broken or too large makes no dependency.

May import this package's contents; reads the zip that was read before, runs nothing.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import csv
import json
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from signed_lambda.package.contents import ZipContents, ZipEntry

_MAX_METADATA: Final = 2 * 1024 * 1024
_DIST_INFO: Final = ".dist-info"
_MODULES: Final = "node_modules"


@dataclass(frozen=True, slots=True)
class Dependency:
    """An installed package; version is "" when it is not known."""

    name: str
    version: str


def owners(contents: ZipContents, names: Iterable[str]) -> dict[str, Dependency]:
    """The installed package of each of these files, where it has one.

    Args:
        contents: The zip.
        names: Of files in it or not; only these are looked up.
    """
    wanted = set(names)
    entries = {entry.name: entry for entry in contents.entries}
    found: dict[str, Dependency] = {}
    for record in [n for n in entries if n.endswith(f"{_DIST_INFO}/RECORD")]:
        folder = posixpath.dirname(record)
        named = _python(posixpath.basename(folder))
        files = set(_recorded(contents, entries[record], posixpath.dirname(folder)))
        for name in wanted & (files | {n for n in wanted if n.startswith(f"{folder}/")}):
            found[name] = named
    versions: dict[str, Dependency] = {}
    for name in wanted - found.keys():
        folder = _node_folder(name)
        if folder:
            if folder not in versions:
                versions[folder] = _node(contents, entries, folder)
            found[name] = versions[folder]
    return found


def _python(folder: str) -> Dependency:
    """From the folder's name: "boto3-1.43.98.dist-info"."""
    name, _, version = folder.removesuffix(_DIST_INFO).partition("-")
    return Dependency(name, version)


def _recorded(contents: ZipContents, record: ZipEntry, base: str) -> Iterator[str]:
    """Names of the files that a RECORD lists, as they stand in the zip."""
    try:
        rows = list(csv.reader(_text(contents, record).splitlines()))
    except csv.Error:
        return
    for row in rows:
        if row:
            yield posixpath.normpath(posixpath.join(base, row[0]))


def _node_folder(name: str) -> str:
    """The innermost package's folder: "node_modules/@aws-sdk/client-s3", "" for other files."""
    parts = name.split("/")
    if _MODULES not in parts[:-1]:
        return ""
    at = len(parts) - 1 - parts[::-1].index(_MODULES)
    length = 2 if parts[at + 1].startswith("@") else 1
    return "/".join(parts[: at + 1 + length]) if len(parts) > at + 1 + length else ""


def _node(contents: ZipContents, entries: Mapping[str, ZipEntry], folder: str) -> Dependency:
    name = folder.rpartition(f"{_MODULES}/")[2]
    package = entries.get(f"{folder}/package.json")
    try:
        data = json.loads(_text(contents, package)) if package is not None else {}
    except (ValueError, RecursionError):
        data = {}
    version = data.get("version") if isinstance(data, dict) else ""
    return Dependency(name, version if isinstance(version, str) else "")


def _text(contents: ZipContents, entry: ZipEntry) -> str:
    if entry.size_bytes > _MAX_METADATA or entry.kind != "file":
        return ""
    return b"".join(contents.chunks(entry)).decode(errors="replace")
