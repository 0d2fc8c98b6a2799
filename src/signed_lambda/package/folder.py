"""Walks a folder of the workspace and reads its files, although anybody may change it meanwhile.

No path is ever resolved: each step is one name opened beneath an open folder, never through a
link (O_NOFOLLOW), never a special file (a FIFO would hang). A file is read only if it still is the
one that was listed. May import errors, model and this package's modules; reads, never writes.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, SourceError
from signed_lambda.package.listing import Found, Survey
from signed_lambda.package.names import name_fault, shown, text_fault
from signed_lambda.package.rules import CONTROL_FILE, CONTROL_FILE_BYTES_MAX, is_module
from signed_lambda.package.worker import (
    FILE_FLAGS,
    FOLDER_FLAGS,
    Beneath,
    ChangedError,
    squeeze,
    stamp_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from signed_lambda.package.rules import Rules
    from signed_lambda.package.worker import Effort, Squeezed

ITEMS_MAX: Final = 1_000_000
"""Names looked at in one walk, those left out included: bounds time and memory."""

_FILE_SYSTEM: Final = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
"""What os.fsencode encodes names with, for each of which that function takes longer itself."""
_TELL: Final = 256
_GONE: Final = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
"""A name that was there a moment ago is gone, or is now a link or a socket."""


class Folder:
    """A folder that is held open; its content is reached only beneath it."""

    def __init__(self, root: int, place: str, *, items_max: int = ITEMS_MAX) -> None:
        """Takes over an open folder.

        Args:
            root: Its file descriptor; closed with this object.
            place: As the user wrote it, for messages.
            items_max: Names looked at.
        """
        self.root: Final = root
        self._items_max: Final = items_max
        self._place: Final = place
        self._foresee: Callable[[Sequence[Found]], None] = lambda _: None
        self._items = 0
        self._told = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self.root)

    def ignore_file(self) -> bytes | None:
        """The content of `.lambdaignore` at the top; None if there is none.

        Raises:
            SourceError: It is a link or special, or cannot be read.
        """
        try:
            status = os.stat(CONTROL_FILE, dir_fd=self.root, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise SourceError.of(
                "E-SOURCE-14",
                f"{self._place}/{CONTROL_FILE} is not a regular file",
                "Replace it by a file",
            )
        try:
            fd = os.open(CONTROL_FILE, FILE_FLAGS, dir_fd=self.root)
        except OSError as error:
            raise self.refusal(CONTROL_FILE, error.errno) from error
        with os.fdopen(fd, "rb") as file:
            return file.read(CONTROL_FILE_BYTES_MAX + 1)

    def survey(
        self, rules: Rules, foresee: Callable[[Sequence[Found]], None] = lambda _: None
    ) -> Survey:
        """Walks the folder in the order of the zip; opens folders, and what may hold a key.

        Args:
            rules: What is left out.
            foresee: Told what was found so far, again and again.

        Raises:
            SourceError: More names than are looked at. All other problems are in the survey.
        """
        survey = Survey(self._place)
        self._foresee = foresee
        self._walk(self.root, "", rules, survey)
        return survey

    def _walk(self, folder: int, prefix: str, rules: Rules, survey: Survey) -> None:
        names = _in_order(folder)
        self._items += len(names)
        if self._items > self._items_max:
            raise SourceError.of(
                "E-SOURCE-10",
                f"{self._place} holds more than {self._items_max:,} files and folders",
                "Point `source` at the folder that holds only the function's code",
            )
        if not names and prefix:
            survey.left_out[prefix] = "empty-folder"
        for raw in names:
            try:
                full = prefix + raw.decode("utf-8")
            except UnicodeDecodeError:
                survey.refuse(
                    "E-SOURCE-08",
                    f"the name {survey.path(prefix.encode() + raw)} is not UTF-8",
                    "Rename it",
                )
                continue
            if fault := name_fault(full):
                survey.refuse(
                    "E-SOURCE-08", f"the name {survey.path(full)} has {fault}", "Rename it"
                )
                continue
            self._visit(folder, raw, full, rules, survey)
        if not survey.problems and len(survey.found) >= self._told + _TELL:
            self._told = len(survey.found)
            self._foresee(survey.found)

    def _visit(self, folder: int, raw: bytes, name: str, rules: Rules, survey: Survey) -> None:
        """Files one name of a folder under found, left out or problems; enters folders."""
        try:
            self._sort(folder, raw, name, rules, survey)
        except OSError as error:
            _refuse_unreadable(survey, name, error)

    def _sort(self, folder: int, raw: bytes, name: str, rules: Rules, survey: Survey) -> None:
        status = os.stat(raw, dir_fd=folder, follow_symlinks=False)
        is_folder = stat.S_ISDIR(status.st_mode)
        if verdict := rules.judge(name, folder=is_folder):
            if is_module(verdict) and stat.S_ISREG(status.st_mode):
                survey.compiled.append(_found(name, status))
            else:
                survey.left_out[verdict[0]] = verdict[1]
        elif is_folder:
            survey.folders.add(name)
            inner = os.open(raw, FOLDER_FLAGS, dir_fd=folder)
            try:
                self._walk(inner, f"{name}/", rules, survey)
            finally:
                os.close(inner)
        elif stat.S_ISLNK(status.st_mode):
            _add_link(survey, name, os.readlink(raw, dir_fd=folder))
        elif stat.S_ISREG(status.st_mode):
            self._add_file(folder, raw, name, status, rules, survey)
        else:
            survey.refuse(
                "E-SOURCE-06",
                f"{survey.path(name)} is a {special_kind(status.st_mode)}; only files, folders and "
                "links can be packed",
                "Remove it, or leave it out with `exclude`",
            )

    def _add_file(
        self,
        folder: int,
        raw: bytes,
        name: str,
        status: os.stat_result,
        rules: Rules,
        survey: Survey,
    ) -> None:
        asked = min(rules.content_bytes_asked(name), status.st_size)
        if asked:
            with os.fdopen(os.open(raw, FILE_FLAGS, dir_fd=folder), "rb") as file:
                if stamp_of(os.fstat(file.fileno())) != stamp_of(status):
                    survey.problems.append(_changed(survey.path(name)))
                    return
                content = file.read(asked)
            if reason := rules.judge_content(name, content):
                survey.left_out[name] = reason
                return
        if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
            survey.notes.append(f"{shown(name)}: the setuid or setgid bit is not packed.")
        survey.found.append(_found(name, status))

    def squeeze(self, files: Sequence[Found], effort: Effort) -> list[Squeezed]:
        """Reads and compresses listed files; any thread may call it.

        Raises:
            SourceError: See `refusal`.
        """
        done: list[Squeezed] = []
        with Beneath(self.root) as beneath:
            for file in files:
                try:
                    done.append(squeeze(beneath.read(file.name, file.stamp), effort))
                except ChangedError as error:
                    raise self.refusal(file.name) from error
                except OSError as error:
                    raise self.refusal(file.name, error.errno) from error
        return done

    def refusal(self, name: str, number: int | None = None) -> SourceError:
        """Why a listed file is not packed.

        Args:
            name: Of the file.
            number: Of the system's error (errno); None if the file changed since it was listed.

        Returns:
            E-SOURCE-07 if it cannot be read, E-SOURCE-11 if it is not the file that was listed.
        """
        path = f"{self._place.rstrip('/')}/{shown(name)}"
        if number is None or number in _GONE:
            return SourceError(_changed(path))
        why = os.strerror(number)
        return SourceError(
            Problem("E-SOURCE-07", f"cannot read {path} ({why})", "Make it readable")
        )


def _in_order(folder: int) -> list[bytes]:
    """The names in an open folder, as their paths stand in a zip: "a/" is behind "a.py"."""
    with os.scandir(folder) as items:
        keys = [
            item.name.encode(*_FILE_SYSTEM) + (b"/" if item.is_dir(follow_symlinks=False) else b"")
            for item in items
        ]
    return [key.removesuffix(b"/") for key in sorted(keys)]


def _found(name: str, status: os.stat_result) -> Found:
    executable = bool(status.st_mode & stat.S_IXUSR)
    return Found(name, "file", executable, status.st_size, "", stamp_of(status))


def _add_link(survey: Survey, name: str, raw_target: bytes) -> None:
    try:
        target = raw_target.decode("utf-8")
    except UnicodeDecodeError:
        fault: str | None = "bytes that are not UTF-8"
        target = ""
    else:
        fault = text_fault(target)
    if fault:
        survey.refuse(
            "E-SOURCE-08",
            f"the link {survey.path(name)} -> {shown(raw_target)} has {fault} in its target",
            "Remove it, or copy the file",
        )
        return
    survey.found.append(
        Found(name, "link", executable=True, size_bytes=len(raw_target), link_target=target)
    )


def _refuse_unreadable(survey: Survey, name: str, error: OSError) -> None:
    if error.errno in _GONE:
        survey.problems.append(_changed(survey.path(name)))
        return
    survey.refuse(
        "E-SOURCE-07",
        f"cannot read {survey.path(name)} ({error.strerror})",
        "Make it readable, or leave it out with `exclude`",
    )


def _changed(path: str) -> Problem:
    return Problem(
        "E-SOURCE-11", f"{path} changed while it was read", "Is the build still running?"
    )


def special_kind(mode: int) -> str:
    """What a special file of this mode is called."""
    kinds = {
        stat.S_IFIFO: "FIFO",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "character device",
        stat.S_IFBLK: "block device",
    }
    return kinds.get(stat.S_IFMT(mode), "special file")
