"""A given .zip as a source: read strictly, then judged and packed anew like a folder.

It is copied first: the workspace is anybody's, and the copy cannot change between the look and the
use. May import errors, model and this package's modules; writes only the copy.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import ZipError
from signed_lambda.model import Sha256
from signed_lambda.package.listing import Found, Survey
from signed_lambda.package.names import SIGNATURE_FILE, shown
from signed_lambda.package.reader import read_zip
from signed_lambda.package.rules import CONTROL_FILE, CONTROL_FILE_BYTES_MAX, is_module
from signed_lambda.package.worker import squeeze

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from signed_lambda.package.contents import ZipContents, ZipEntry
    from signed_lambda.package.limits import Limits
    from signed_lambda.package.rules import Rules
    from signed_lambda.package.worker import Effort, Squeezed

_CHUNK: Final = 1_048_576


class ZipSource:
    """A private copy of a zip; removed when the source is closed."""

    def __init__(self, contents: ZipContents, place: str) -> None:
        """Takes over the copy.

        Args:
            contents: What the copy was read to hold.
            place: As the user wrote it, for messages.
        """
        self._contents: Final = contents
        self._place: Final = place
        self._entries: Final = {entry.name: entry for entry in contents.entries}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._contents.path.unlink(missing_ok=True)

    def ignore_file(self) -> bytes | None:
        """The content of `.lambdaignore` at the top; None if there is none."""
        entry = self._entries.get(CONTROL_FILE)
        if entry is None or entry.kind != "file":
            return None
        return self._start(entry, CONTROL_FILE_BYTES_MAX + 1)

    def survey(self, rules: Rules, _foresee: object = None) -> Survey:
        """Judges all entries.

        Raises:
            ZipError: E-ZIP-14: a signature of AWS Signer is among what would be packed.
        """
        survey = Survey(self._place)
        parents = {_parent(entry.name) for entry in self._contents.entries}
        for entry in self._contents.entries:
            name = entry.name.removesuffix("/")
            if verdict := rules.judge(name, folder=entry.kind == "directory"):
                if is_module(verdict) and entry.kind == "file":
                    survey.compiled.append(_found(entry))
                else:
                    survey.left_out[verdict[0]] = verdict[1]
            elif entry.kind == "directory":
                survey.folders.add(name)
                if name not in parents:
                    survey.left_out[entry.name] = "empty-folder"
            else:
                self._add(entry, rules, survey)
        return survey

    def _add(self, entry: ZipEntry, rules: Rules, survey: Survey) -> None:
        if entry.name == SIGNATURE_FILE:
            raise ZipError.of(
                "E-ZIP-14",
                f"{self._place} is already signed: it holds {SIGNATURE_FILE}; Signer refuses "
                "signed zips",
                "Give the unsigned one",
            )
        if entry.kind == "link":
            survey.found.append(
                Found(
                    entry.name,
                    "link",
                    executable=True,
                    size_bytes=entry.size_bytes,
                    link_target=entry.link_target,
                )
            )
            return
        asked = min(rules.content_bytes_asked(entry.name), entry.size_bytes)
        reason = rules.judge_content(entry.name, self._start(entry, asked)) if asked else None
        if reason:
            survey.left_out[entry.name] = reason
            return
        mode = entry.mode or 0
        if mode & (stat.S_ISUID | stat.S_ISGID):
            survey.notes.append(f"{shown(entry.name)}: the setuid or setgid bit is not packed.")
        survey.found.append(_found(entry))

    def _start(self, entry: ZipEntry, size: int) -> bytes:
        """The first bytes of an entry."""
        start = b""
        for chunk in self._contents.chunks(entry):
            start += chunk
            if len(start) >= size:
                break
        return start[:size]

    def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        """The contents of listed files, compressed anew; from any thread.

        Raises:
            ZipError: E-ZIP-17: the copy was changed.
        """
        return [
            squeeze(b"".join(self._contents.chunks(self._entries[file.name])), effort)
            for file in files
        ]


def copy_zip(source: int, target: Path, *, place: str, limits: Limits) -> Sha256:
    """Copies an open file, hashing it on the way.

    Args:
        source: Its file descriptor.
        target: Empty file, private.
        place: As the user wrote it, for messages.
        limits: For its size.

    Returns:
        The hash of the copy.

    Raises:
        ZipError: E-ZIP-11: it is larger than is taken.
        OSError: The copy cannot be written.
    """
    size = os.fstat(source).st_size
    if size > limits.zip_bytes:
        raise _too_large(place, f"{size:,}", limits)
    digest = hashlib.sha256()
    copied = 0
    fd = os.open(target, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "wb") as copy:
        while chunk := os.read(source, _CHUNK):
            copied += len(chunk)
            if copied > limits.zip_bytes:  # it grows while it is copied
                raise _too_large(place, f"at least {copied:,}", limits)
            digest.update(chunk)
            copy.write(chunk)
    return Sha256(digest.digest())


def _too_large(place: str, size: str, limits: Limits) -> Exception:
    return ZipError.of(
        "E-ZIP-11",
        f"{place} has {size} bytes, limit {limits.zip_bytes:,}",
        "Leave out what the function does not need",
    )


def open_zip(path: Path, *, place: str, limits: Limits) -> ZipSource:
    """Reads the private copy of a zip; the copy is removed if it is refused.

    Raises:
        ZipError: As `read_zip`.
    """
    try:
        contents = read_zip(path, limits=limits, label=place)
    except ZipError:
        path.unlink()
        raise
    return ZipSource(contents, place)


def _found(entry: ZipEntry) -> Found:
    executable = bool((entry.mode or 0) & stat.S_IXUSR)
    return Found(entry.name, "file", executable, entry.size_bytes)


def _parent(name: str) -> str:
    return name.removesuffix("/").rpartition("/")[0]
