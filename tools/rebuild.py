"""Compares two images file by file, and says of each file that differs in what it does.

`python3 tools/rebuild.py RELEASED REBUILT`: exit code 0 when they hold the same; times of files
count for nothing. Standard library and `docker` alone: whoever doubts a release runs it anywhere.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUNS: Final = ("Entrypoint", "Cmd", "Env", "User", "WorkingDir", "Volumes", "ExposedPorts")
"""Of an image's configuration: what decides how it runs."""
MADE_BY_THE_ENGINE: Final = frozenset(
    {".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab", "dev/console"}
)
"""Mount points that `docker create` adds to any container."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an image; all but its time.

    Attributes:
        content: SHA-256 of a file's bytes, target of a link.
    """

    kind: str
    mode: str
    owner: str
    content: str


def differences(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> Iterator[str]:
    """One line for each path that is not the same in both, by path."""
    for path in sorted(one.keys() | other.keys()):
        ours, theirs = one.get(path), other.get(path)
        if ours is None or theirs is None:
            yield f"{path}: only in the {'second' if ours is None else 'first'}"
        elif ours != theirs:
            told = [
                f"{f.name} {getattr(ours, f.name)} / {getattr(theirs, f.name)}"
                for f in fields(Entry)
                if getattr(ours, f.name) != getattr(theirs, f.name)
            ]
            yield f"{path}: {', '.join(told)}"


def files(image: str) -> dict[str, Entry]:
    """All that a container of the image would start with, by path.

    Raises:
        CalledProcessError: The engine does not have the image.
    """
    made = _docker("create", image, "nothing").decode().strip()
    try:
        with subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE) as export:
            assert export.stdout is not None
            with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
                found = {m.name: _entry(archive, m) for m in archive}
    finally:
        _docker("rm", made)
    return {path: entry for path, entry in found.items() if path not in MADE_BY_THE_ENGINE}


def settings(image: str) -> dict[str, Entry]:
    """What decides how the image runs, in the form of files."""
    config = json.loads(_docker("inspect", "-f", "{{json .Config}}", image))
    return {
        f"(configuration) {name}": Entry("setting", "", "", json.dumps(config.get(name)))
        for name in RUNS
    }


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    content = member.linkname
    if member.isfile() and (body := archive.extractfile(member)) is not None:
        content = hashlib.file_digest(body, "sha256").hexdigest()
    kind = "file" if member.isfile() else "folder" if member.isdir() else "link or device"
    return Entry(kind, oct(member.mode), f"{member.uid}:{member.gid}", content)


def _docker(*arguments: str) -> bytes:
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE).stdout


def main(first: str, second: str) -> int:
    """Prints what differs; the exit code."""
    one, other = (files(image) | settings(image) for image in (first, second))
    found = list(differences(one, other))
    for line in found:
        print(line)
    print(f"{len(one)} files and settings in {first}, {len(other)} in {second}:", end=" ")
    print(f"{len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
