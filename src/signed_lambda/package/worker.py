"""What is done to one file of a package: opened beneath a folder, read unchanged, compressed.

Runs in threads of the action, and as a process of its own (`python worker.py`) where there are
many small files, for which Python's lock lets threads do one thing at a time. That process starts
in 16 ms with what is imported here and in 130 ms with this package (measured on two cores of 2026),
so this file imports nothing of it, nor typing, dataclasses or json.

May import of Python, and deflate. Reads beneath the folder that it is given, writes to nothing but
the pipe it answers on, and ends with whoever started it: at the end of its input.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import sys
import unicodedata

import deflate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO, Final, Self

    Effort = tuple[int, int, int, int]
    """Level of libdeflate, 1 to 12; that of large texts; the size in bytes below which level 1 is
    as good; whether what is packed already is packed once more (1), or stored as it is (0)."""
    Squeezed = tuple[bool, bytes | bytearray | memoryview, int, bytes, bool]
    """A content as it stands in a zip: whether deflated, its data, CRC-32 and SHA-256; and whether
    none of the words is in it that were looked for."""

FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK: Final = 1_048_576
_PAGES: Final = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_POPULATE", 0)
"""All given at once, on Linux: at the first touch of each takes longer than to read into it."""

_HEAD_BYTES: Final = 1_024
"""Looked at to tell what a content is: text holds no NUL."""
_LARGE_TEXT_BYTES: Final = 65_536
PACKED_MAGICS: Final = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"wOFF", b"wOF2"),  # PNG, JPEG, WOFF
    *(b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),  # gzip, bzip2, xz, zstd
)
"""How content begins that is packed already: on average nothing is left to gain. Not zip's: NumPy's
.npz is a zip whose entries are stored."""

_STAMP: Final = struct.Struct("<QQQQqq")
STAMP_BYTES: Final = _STAMP.size
_JOB: Final = struct.Struct("<II")
"""Files, and bytes of their names."""
_ANSWER: Final = struct.Struct("<IiQ")
"""Files done; 0, or why the next one cannot be (errno, -1: it changed); bytes of data."""
_DONE: Final = struct.Struct("<?I32sQ?")
"""Of a file: whether it is deflated, CRC-32 and SHA-256 of its content, bytes of its data, whether
none of the words is in it that were looked for."""
_PIECE_CHARS: Final = 256
"""Normalized at once: the time grows with the square of a row of combining marks, of which an
attacker can write millions. Where a piece ends, a mark may stay apart from its letter: then a word
is seen that Python would read as another one, never the other way round."""
_UPPER: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER: Final = bytes.maketrans(_UPPER, _UPPER.lower())


class ChangedError(Exception):
    """A file is not, or is no longer, the one that was listed."""


def stamp_of(status: os.stat_result) -> bytes:
    """What of a file changes whenever its content may have changed, `STAMP_BYTES` long.

    The last of it is the time at which anything of the file changed; nobody can set that back.
    """
    return _STAMP.pack(
        status.st_size,
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def squeeze(content: bytes | memoryview, effort: Effort, words: Sequence[bytes] = ()) -> Squeezed:
    """Hashes and compresses a content; deflated where that is smaller, else stored.

    Args:
        content: Of a file.
        effort: What is spent on it.
        words: To look for in it, as `plain` gives them; none: nothing is said of any.
    """
    level = _level(content, effort)
    smaller = deflate.deflate_compress(content, level) if level else content
    deflated = len(smaller) < len(content)
    data = smaller if deflated else content
    wordless = bool(words) and not has_any(bytes(content), words)
    return deflated, data, deflate.crc32(content), hashlib.sha256(content).digest(), wordless


def has_any(content: bytes, words: Sequence[bytes]) -> bool:
    """Whether any of these words is in a content, however it is spelled there."""
    text = plain(content)
    return any(word in text for word in words)


def plain(content: bytes) -> bytes:
    """A text in lower case and without underscores, so that `put_object` and `putObject` are one.

    With its identifiers as Python compares them, too; see `folded`.
    """
    return folded(content).translate(_LOWER, b"_")


def folded(content: bytes) -> bytes:
    """A text, and behind it the same with its identifiers as Python compares them.

    Source: https://docs.python.org/3/reference/lexical_analysis.html#identifiers
    """
    if content.isascii():
        return content
    text = content.decode("utf-8", "replace")
    pieces = (text[at : at + _PIECE_CHARS] for at in range(0, len(text), _PIECE_CHARS))
    normal = "".join(unicodedata.normalize("NFKC", piece) for piece in pieces)
    return content + b"\n" + normal.encode()


def _level(content: bytes | memoryview, effort: Effort) -> int:
    """Of the compression: 0 for none. Depends on the content alone, as its bytes in the zip do."""
    level, text_level, brief_bytes, again = effort
    head = bytes(content[:_HEAD_BYTES])
    if not again and head.startswith(PACKED_MAGICS):
        return 0
    if len(content) < brief_bytes:
        return 1
    return level if len(content) < _LARGE_TEXT_BYTES or b"\0" in head else text_level


class Beneath:
    """Reads files beneath an open folder, without a link on the way; for one thread."""

    def __init__(self, root: int) -> None:
        """Args: root: File descriptor of the folder; stays the caller's."""
        self._root: Final = root
        self._open: Final[list[tuple[str, int]]] = []
        self._entered: str | None = None
        self._above = root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: object
    ) -> None:
        self._close_down_to(0)

    def read(self, name: str, stamp: bytes) -> bytes | memoryview:
        """The whole content of a file.

        Raises:
            ChangedError: It is not the file that was listed, or changes while it is read; or a
                folder on the way is gone or a link.
            OSError: It cannot be opened or read.
        """
        folder, _, own = name.rpartition("/")
        if folder != self._entered:
            self._above = self._enter(folder)
        fd = os.open(own.encode(), FILE_FLAGS, dir_fd=self._above)
        try:
            return read_unchanged(fd, stamp)
        finally:
            os.close(fd)

    def _enter(self, folder: str) -> int:
        """Opens a folder; keeps open what the next name will need, too."""
        self._entered = None
        parts = folder.split("/") if folder else []
        common = 0
        while common < min(len(parts), len(self._open)) and self._open[common][0] == parts[common]:
            common += 1
        self._close_down_to(common)
        for part in parts[common:]:
            above = self._open[-1][1] if self._open else self._root
            try:
                fd = os.open(part.encode(), FOLDER_FLAGS, dir_fd=above)
            except OSError as error:
                raise ChangedError from error
            self._open.append((part, fd))
        self._entered = folder
        return self._open[-1][1] if self._open else self._root

    def _close_down_to(self, depth: int) -> None:
        while len(self._open) > depth:
            os.close(self._open.pop()[1])


def read_unchanged(
    fd: int,
    stamp: bytes,
    *,
    read: Callable[[int, int], bytes] = os.read,
    fill: Callable[[int, list[memoryview]], int] = os.readv,
) -> bytes | memoryview:
    """Reads an open file to its end, if it is and stays the one that was listed.

    Args:
        fd: Open file.
        stamp: Of the file that was listed.
        read: As os.read.
        fill: As os.readv.

    Raises:
        ChangedError: It is not.
    """
    status = os.fstat(fd)
    if stamp_of(status) != stamp:
        raise ChangedError
    size = status.st_size
    start = read(fd, size + 1) if size < _CHUNK else b""
    is_whole = size < _CHUNK and not 0 < len(start) < size
    content = start if is_whole else _whole(fd, start, size, fill)
    if len(content) != size or stamp_of(os.fstat(fd)) != stamp:
        raise ChangedError
    return content


def _whole(
    fd: int, start: bytes, size: int, fill: Callable[[int, list[memoryview]], int]
) -> memoryview:
    """A file that one call may not read, shorter if it ends early.

    In pages of its own, which the system has back at once: memory of malloc it would not.
    """
    content = memoryview(mmap.mmap(-1, size, flags=_PAGES))
    at = len(start)
    content[:at] = start
    while at < size and (count := fill(fd, [content[at : at + _CHUNK]])):
        at += count
    return content[:at]


def asked(stamps: Sequence[bytes], names: Sequence[str]) -> bytes:
    """The job of a process: to read and squeeze these files."""
    words = "\0".join(names).encode()
    return _JOB.pack(len(stamps), len(words)) + b"".join(stamps) + words


class FaultError(Exception):
    """A file cannot be packed: its number in the job, and errno, None if it changed."""

    def __init__(self, file: int, number: int | None) -> None:
        super().__init__(file, number)
        self.file: Final = file
        self.number: Final = number


def answered(stream: IO[bytes]) -> list[Squeezed]:
    """Reads the answer to a job.

    Raises:
        FaultError: One of the files could not be packed.
        EOFError: The process ended before it had answered.
    """
    count, fault, data_bytes = _ANSWER.unpack(_exactly(stream, _ANSWER.size))
    if fault:
        raise FaultError(count, None if fault < 0 else fault)
    records = _exactly(stream, count * _DONE.size)
    data = memoryview(_exactly(stream, data_bytes))
    done: list[Squeezed] = []
    at = 0
    for deflated, crc, sha256, size, wordless in _DONE.iter_unpack(records):
        done.append((deflated, data[at : at + size], crc, sha256, wordless))
        at += size
    return done


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


class Search:
    """Words to look for in the files of some folders, where that is asked for.

    Attributes:
        words: As `plain` gives them.
    """

    def __init__(
        self, folder: str, endings: Sequence[str], but: Sequence[str], words: Sequence[bytes]
    ) -> None:
        """What to look for, and where.

        Args:
            folder: Name of the folders beneath which files are searched.
            endings: Of the names of files that are searched.
            but: Endings of those that are not.
            words: To look for, as `plain` gives them.
        """
        self.words: Final = tuple(words)
        self._folder: Final = f"/{folder}/"
        self._endings: Final = tuple(endings)
        self._but: Final = tuple(but)

    def of(self, name: str) -> Sequence[bytes]:
        """The words to look for in this file."""
        if not name.endswith(self._endings) or name.endswith(self._but):
            return ()
        return self.words if self._folder in f"/{name}" else ()

    def arguments(self) -> tuple[str, ...]:
        """For a process."""
        words = b",".join(self.words).decode()
        return (self._folder.strip("/"), ",".join(self._endings), ",".join(self._but), words)

    @classmethod
    def of_arguments(cls, folder: str, endings: str, but: str, words: str) -> Self:
        """What `arguments` gave."""
        return cls(folder, endings.split(","), but.split(","), words.encode().split(b","))


def serve(
    root: int, effort: Effort, search: Search | None, jobs: IO[bytes], answers: IO[bytes]
) -> None:
    """Does jobs until there are no more; both streams are pipes to whoever started this process."""
    with Beneath(root) as beneath:
        while job := jobs.read(_JOB.size):
            count, size = _JOB.unpack(job)
            stamps = _exactly(jobs, count * STAMP_BYTES)
            names = _exactly(jobs, size).decode().split("\0")
            done: list[Squeezed] = []
            fault = 0
            try:
                for at, name in zip(range(0, len(stamps), STAMP_BYTES), names, strict=True):
                    content = beneath.read(name, stamps[at : at + STAMP_BYTES])
                    words = search.of(name) if search else ()
                    done.append(squeeze(content, effort, words))
            except ChangedError:
                fault = -1
            except OSError as error:
                fault = error.errno or -1
            answers.write(_ANSWER.pack(len(done), fault, sum(len(one[1]) for one in done)))
            if not fault:
                answers.writelines(
                    _DONE.pack(deflated, crc, sha256, len(data), wordless)
                    for deflated, data, crc, sha256, wordless in done
                )
                answers.writelines(one[1] for one in done)
            answers.flush()


if __name__ == "__main__":
    with open(0, "rb") as given, open(1, "wb", _CHUNK) as taken:
        folder, *effort = map(int, sys.argv[1:6])
        sought = Search.of_arguments(*sys.argv[6:]) if sys.argv[6:] else None
        serve(folder, tuple(effort), sought, given, taken)  # type: ignore[arg-type] # four of them
