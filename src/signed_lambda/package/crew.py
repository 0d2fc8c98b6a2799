"""Who packs: threads of this process, or processes of their own, as the tree asks for.

Only the time depends on the choice, and on how many there are; the bytes do not. May import
subprocess (the one module that may, see tests/promises/layers.py) to start this Python with
`worker.py` and nothing else: no shell, no environment, no descriptor but two pipes and the source's
folder. Not `fork`: threads are running (signals.py), and a copy of the process would have its
handlers, its pipes and its secrets.
"""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SourceError
from signed_lambda.package import worker
from signed_lambda.package.folder import Folder
from signed_lambda.package.worker import FaultError, answered, asked

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from signed_lambda.package.listing import Found, Source
    from signed_lambda.package.worker import Effort, Search, Squeezed

MANY_FILES: Final = 1_000
"""Files of a folder from which processes are started."""
LARGE_BYTES: Final = 1_048_576
"""A file from this size on is packed by a thread: its bytes need not go through a pipe."""
WORKERS_MAX: Final = 8
PIPE_BYTES: Final = 1_048_576
"""What a process may write before it waits for a thread: by default 64 KiB, a tenth of an answer.

Source: https://man7.org/linux/man-pages/man7/pipe.7.html ("Pipe capacity")
"""
JOBS_EACH: Final = 2
"""One that a process works on, and one that it finds when it has done that."""


class Crew:
    """Those who pack, and whom `threads` threads of the caller may ask at once.

    A thread packs large files itself, `count` at once: while it reads, hashes and compresses,
    others have Python's lock. Many small files it hands to a process of this Python that reads
    beneath the same folder. These processes end with this one, whatever ends it: at the end of
    their input. A signal of the terminal does not reach them.

    Only processes look for words: in a thread that would keep Python's lock from the others.
    """

    def __init__(
        self,
        source: Source,
        effort: Effort,
        count: int | None = None,
        search: Search | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            source: Where files are read.
            effort: What is spent on each file.
            count: How many may pack at once; by default one for each core.
            search: What to look for in the files.
        """
        self.count: Final = count or min(WORKERS_MAX, os.cpu_count() or 1)
        self.threads: Final = JOBS_EACH * self.count
        self._source: Final = source
        self._effort: Final = effort
        self._search: Final = search
        self._here: Final = Semaphore(self.count)
        self._processes: Final[list[_Process]] = []
        self._idle: Final[SimpleQueue[_Process]] = SimpleQueue()
        self._folder = source if isinstance(source, Folder) else None

    def grows_to(self, files: int) -> bool:
        """Starts processes once for so many files; whether there are any."""
        if self._folder is not None and not self._processes and files >= MANY_FILES:
            try:
                self._start(self._folder)
            except OSError:  # no more processes may be started: threads do as well
                self._folder = None
        return self._folder is not None and bool(self._processes)

    def squeeze(self, files: Sequence[Found]) -> Sequence[Squeezed]:
        """Reads and compresses files, in their order.

        Raises:
            DeployError: A file cannot be read, or was changed; E-SOURCE-18: a process ended.
        """
        if not self._processes or self._folder is None or files[0].size_bytes >= LARGE_BYTES:
            with self._here:
                return self._source.squeeze(files, self._effort)
        process = self._idle.get()
        try:
            return process.squeeze(files)
        except FaultError as fault:
            raise self._folder.refusal(files[fault.file].name, fault.number) from fault
        finally:
            self._idle.put(process)

    def stop(self) -> None:
        """Ends the processes, whatever they do, and waits for their end."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self, folder: Folder) -> None:
        for _ in range(self.count):
            self._processes.append(_Process(folder, self._effort, self._search))
        for process in JOBS_EACH * self._processes:
            self._idle.put(process)


class _Process:
    """One that packs; while it is at a job, the next one waits in its pipe."""

    def __init__(self, folder: Folder, effort: Effort, search: Search | None) -> None:
        """Starts it.

        Raises:
            OSError: No process may be started.
        """
        import subprocess  # noqa: PLC0415 - small packages need none of it

        self._popen: Final[subprocess.Popen[bytes]] = subprocess.Popen(  # noqa: S603 - this Python and a file of ours
            [
                *(sys.executable, "-I", "-B", worker.__file__),
                *map(str, (folder.root, *effort)),
                *(search.arguments() if search else ()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=65_536,
            pass_fds=[folder.root],
            process_group=0,
            env={},
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._asks: Final = self._popen.stdin
        self._answers: Final = self._popen.stdout
        with suppress(OSError, AttributeError):  # pipes of so many pages only, or not on Linux
            fcntl.fcntl(self._answers, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._asking: Final = Lock()
        self._answering: Final = Lock()

    def squeeze(self, files: Sequence[Found]) -> list[Squeezed]:
        """Reads and compresses files, in their order; any thread may ask.

        Raises:
            FaultError: One of them cannot be packed.
            SourceError: E-SOURCE-18: the process ended.
        """
        job = asked([file.stamp for file in files], [file.name for file in files])
        try:
            with self._asking:
                self._asks.write(job)
                self._asks.flush()
                self._answering.acquire()  # answers are read in the order in which was asked
            try:
                return answered(self._answers)
            finally:
                self._answering.release()
        except (EOFError, BrokenPipeError) as error:
            raise SourceError.of(
                "E-SOURCE-18",
                "a process that packs ended before its work was done (status"
                f" {self._popen.wait()})",
                "Is memory short on the runner? Run it again",
            ) from error

    def kill(self) -> None:
        """Ends it, whatever it does."""
        self._popen.kill()

    def wait(self) -> None:
        """Waits for its end and closes the pipes."""
        with suppress(BrokenPipeError), self._popen:  # what was not sent is not missed
            pass
