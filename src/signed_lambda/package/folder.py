"""Walks a folder of the workspace and reads its files, although anybody may change it meanwhile.

No path is ever resolved: each step is one name opened beneath an open folder, never through a
link (O_NOFOLLOW), never a special file (a FIFO would hang). A file is read only if it still is the
one that was listed. May import errors, model and this package's modules; reads, never writes.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem, SourceError
from signed_lambda.lazy import dataclass
from signed_lambda.package.listing import Found, Survey
from signed_lambda.package.names import name_fault, shown, text_fault
from signed_lambda.package.rules import CONTROL_FILE, CONTROL_FILE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from signed_lambda.package.rules import Rules

ITEMS_MAX: Final = 1_000_000
"""Names looked at in one walk, those left out included: bounds time and memory."""

FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK: Final = 1_048_576
_GONE: Final = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
"""A name that was there a moment ago is gone, or is now a link or a socket."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What of a file changes whenever its content may have changed.

    Attributes:
        device: Of the file system.
        inode: Of the file.
        mode: Type and permission bits.
        size_bytes: Of the content.
        modified_ns: When the content changed, ns since 1970.
        changed_ns: When anything of it changed, ns since 1970; nobody can set it back.
    """

    device: int
    inode: int
    mode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Of a file with this status."""
        return cls(
            status.st_dev,
            status.st_ino,
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )


class Folder:
    """A folder that is held open; its content is reached only beneath it."""

    def __init__(self, root: int, place: str, *, items_max: int = ITEMS_MAX) -> None:
        """Takes over an open folder.

        Args:
            root: Its file descriptor; closed with this object.
            place: As the user wrote it, for messages.
            items_max: Names looked at.
        """
        self._root: Final = root
        self._items_max: Final = items_max
        self._place: Final = place
        self._stamps: dict[str, Stamp] = {}
        self._open: list[tuple[str, int]] = []
        self._items = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close_down_to(0)
        os.close(self._root)

    def ignore_file(self) -> bytes | None:
        """The content of `.lambdaignore` at the top; None if there is none.

        Raises:
            SourceError: It is a link or special, or cannot be read.
        """
        try:
            status = os.stat(CONTROL_FILE, dir_fd=self._root, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise SourceError.of(
                "E-SOURCE-14",
                f"{self._place}/{CONTROL_FILE} is not a regular file",
                "Replace it by a file",
            )
        fd = self._open_file(CONTROL_FILE, self._root, CONTROL_FILE)
        with os.fdopen(fd, "rb") as file:
            return file.read(CONTROL_FILE_BYTES_MAX + 1)

    def survey(self, rules: Rules) -> Survey:
        """Walks the folder; opens folders, and files whose name does not tell a secret.

        Raises:
            SourceError: More names than are looked at. All other problems are in the survey.
        """
        survey = Survey(self._place)
        self._walk(self._root, "", rules, survey)
        return survey

    def _walk(self, folder: int, prefix: str, rules: Rules, survey: Survey) -> None:
        names = os.listdir(folder)
        self._items += len(names)
        if self._items > self._items_max:
            raise SourceError.of(
                "E-SOURCE-10",
                f"{self._place} holds more than {self._items_max:,} files and folders",
                "Point `source` at the folder that holds only the function's code",
            )
        if not names and prefix:
            survey.left_out[prefix] = "empty-folder"
        for name in names:
            raw = os.fsencode(name)
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
                if Stamp.of(os.fstat(file.fileno())) != Stamp.of(status):
                    survey.problems.append(_changed(survey.path(name)))
                    return
                content = file.read(asked)
            if reason := rules.judge_content(name, content):
                survey.left_out[name] = reason
                return
        if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
            survey.notes.append(f"{shown(name)}: the setuid or setgid bit is not packed.")
        executable = bool(status.st_mode & stat.S_IXUSR)
        survey.found.append(Found(name, "file", executable, status.st_size))
        self._stamps[name] = Stamp.of(status)

    def read(self, found: Found) -> bytearray:
        """The whole content of a listed file.

        Raises:
            SourceError: E-SOURCE-07 if it cannot be read, E-SOURCE-11 if it is not the file that
                was listed or changes while it is read.
        """
        path = f"{self._place.rstrip('/')}/{shown(found.name)}"
        fd = self._open_file(found.name, self._enter(found.name), path)
        try:
            return read_unchanged(fd, self._stamps[found.name], path)
        finally:
            os.close(fd)

    def _enter(self, name: str) -> int:
        """The open folder that holds `name`; keeps open what the next name will need, too.

        Raises:
            SourceError: E-SOURCE-11: a folder on the way is gone or has become a link.
        """
        parts = name.split("/")[:-1]
        common = 0
        while common < min(len(parts), len(self._open)) and self._open[common][0] == parts[common]:
            common += 1
        self._close_down_to(common)
        for part in parts[common:]:
            above = self._open[-1][1] if self._open else self._root
            try:
                fd = os.open(part.encode(), FOLDER_FLAGS, dir_fd=above)
            except OSError as error:
                raise SourceError(_changed(f"{self._place}/{shown(name)}")) from error
            self._open.append((part, fd))
        return self._open[-1][1] if self._open else self._root

    def _close_down_to(self, depth: int) -> None:
        while len(self._open) > depth:
            os.close(self._open.pop()[1])

    def _open_file(self, name: str, folder: int, path: str) -> int:
        try:
            return os.open(name.rpartition("/")[2].encode(), FILE_FLAGS, dir_fd=folder)
        except OSError as error:
            if error.errno in _GONE:
                raise SourceError(_changed(path)) from error
            raise SourceError.of(
                "E-SOURCE-07", f"cannot read {path} ({error.strerror})", "Make it readable"
            ) from error


def read_unchanged(
    fd: int, stamp: Stamp, path: str, *, read: Callable[[int, int], bytes] = os.read
) -> bytearray:
    """Reads an open file to its end, if it is and stays the one that was listed.

    Args:
        fd: Open file.
        stamp: Of the file that was listed.
        path: For messages.
        read: As os.read.

    Raises:
        SourceError: E-SOURCE-11.
    """
    if Stamp.of(os.fstat(fd)) != stamp:
        raise SourceError(_changed(path))
    content = bytearray()
    while len(content) <= stamp.size_bytes:
        chunk = read(fd, min(_CHUNK, stamp.size_bytes + 1 - len(content)))
        if not chunk:
            break
        content += chunk
    if len(content) != stamp.size_bytes or Stamp.of(os.fstat(fd)) != stamp:
        raise SourceError(_changed(path))
    return content


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
