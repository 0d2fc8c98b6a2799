"""Which installed package a file of a zip belongs to: Python's by their RECORD, Node's by folder.

A reviewer sees "boto3 1.43.98 -> 1.43.106, 214 files" instead of 214 rows, and the static review
passes over what does not call AWS. The metadata are foreign: broken or too large ones make no
dependency, and nobody may hide a file by them (see `owners`, and `scan.reading`).

May import this package's contents; reads the zip that was read before, runs nothing.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import csv
import json
import posixpath
import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from signed_lambda.package.contents import ZipContents, ZipEntry

_MAX_METADATA: Final = 2 * 1024 * 1024
_MAX_ALL_METADATA: Final = 16 * 1024 * 1024
"""Of one zip; a RECORD has about 100 bytes a file, and a zip at most 50,000 files."""
_DIST_INFO: Final = ".dist-info"
_MODULES: Final = "node_modules"


@dataclass(frozen=True, slots=True)
class Dependency:
    """An installed package; version is "" when it is not known."""

    name: str
    version: str


def owners(
    contents: ZipContents, names: Iterable[str], *, versions: bool = True
) -> dict[str, Dependency]:
    """The installed package of each of these files, where it has one.

    What a RECORD says is a claim of whoever made the zip: a module that lies beside the packages
    and has another name than the package is nobody's, so that no handler is taken for boto3's.

    Args:
        contents: The zip.
        names: Of files in it or not; only these are looked up.
        versions: Whether they are wanted, too: Node's stand in a file of each package.
    """
    with contents.opened() as read:
        return _owners(contents, set(names), _Metadata(read), versions=versions)


def _owners(
    contents: ZipContents, wanted: set[str], metadata: _Metadata, *, versions: bool
) -> dict[str, Dependency]:
    entries = {entry.name: entry for entry in contents.entries}
    found: dict[str, Dependency] = {}
    inside: dict[str, list[str]] = {}
    for name in wanted:
        folder, mark, _ = name.rpartition(f"{_DIST_INFO}/")
        if mark:
            inside.setdefault(folder + _DIST_INFO, []).append(name)
    for record in [n for n in entries if n.endswith(f"{_DIST_INFO}/RECORD")]:
        folder = posixpath.dirname(record)
        named = _python(posixpath.basename(folder))
        base = posixpath.dirname(folder)
        claimed = set(_recorded(metadata.text(entries[record]), base)) & wanted
        for name in (*inside.get(folder, ()), *(c for c in claimed if _is_its(c, base, named))):
            found[name] = named
    packages: dict[str, Dependency] = {}
    for name in wanted - found.keys():
        folder = _node_folder(name)
        if folder:
            if folder not in packages:
                version = _node_version(metadata, entries, folder) if versions else ""
                packages[folder] = Dependency(folder.rpartition(f"{_MODULES}/")[2], version)
            found[name] = packages[folder]
    return found


class _Metadata:
    """Reads metadata until it was enough: thousands of huge files cost time and tell nothing."""

    def __init__(self, read: Callable[[ZipEntry], bytes]) -> None:
        self._read = read
        self._left = _MAX_ALL_METADATA

    def text(self, entry: ZipEntry) -> str:
        """The file's text, "" when it is none, too large, or too much was read."""
        if entry.size_bytes > min(_MAX_METADATA, self._left) or entry.kind != "file":
            return ""
        self._left -= entry.size_bytes
        return self._read(entry).decode(errors="replace")


def _is_its(name: str, base: str, package: Dependency) -> bool:
    """Whether a package may own a file: in a folder of its base, or a module of its own name."""
    prefix = f"{base}/" if base else ""
    if not name.startswith(prefix):
        return False
    folder, _, module = name.removeprefix(prefix).rpartition("/")
    return bool(folder) or _plain(module.partition(".")[0]) == _plain(package.name)


def _plain(name: str) -> str:
    """The name as indexes compare it.

    Source: https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _python(folder: str) -> Dependency:
    """From the folder's name: "boto3-1.43.98.dist-info"."""
    name, _, version = folder.removesuffix(_DIST_INFO).partition("-")
    return Dependency(name, version)


def _recorded(text: str, base: str) -> Iterator[str]:
    """Names of the files that a RECORD lists, as they stand in the zip."""
    folder = f"{base}/" if base else ""
    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error:
        return
    for row in rows:
        if row:
            name = row[0]
            is_plain = "./" not in name and "//" not in name and name.strip("./") == name != ""
            yield folder + name if is_plain else posixpath.normpath(posixpath.join(base, name))


def _node_folder(name: str) -> str:
    """The innermost package's folder: "node_modules/@aws-sdk/client-s3", "" for other files."""
    parts = name.split("/")
    if _MODULES not in parts[:-1]:
        return ""
    at = len(parts) - 1 - parts[::-1].index(_MODULES)
    length = 2 if parts[at + 1].startswith("@") else 1
    return "/".join(parts[: at + 1 + length]) if len(parts) > at + 1 + length else ""


def _node_version(metadata: _Metadata, entries: Mapping[str, ZipEntry], folder: str) -> str:
    package = entries.get(f"{folder}/package.json")
    try:
        data = json.loads(metadata.text(package)) if package is not None else {}
    except (ValueError, RecursionError):
        data = {}
    version = data.get("version") if isinstance(data, dict) else ""
    return version if isinstance(version, str) else ""
