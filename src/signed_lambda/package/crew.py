"""Who packs: threads of this process, or processes of their own, as the tree asks for.

Only the time depends on the choice, and on how many there are; the bytes do not. May import
subprocess (the one module that may, see tests/promises/layers.py) to start this Python with
`worker.py` and nothing else: no shell, no environment, no descriptor but two pipes and the source's
folder. Not `fork`: threads are running (signals.py), and a copy of the process would have its
handlers, its pipes and its secrets.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SourceError
from signed_lambda.package import worker
from signed_lambda.package.folder import Folder
from signed_lambda.package.worker import FaultError, answered, asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signed_lambda.package.listing import Found, Source
    from signed_lambda.package.worker import Effort, Squeezed

MANY_FILES: Final = 1_000
"""Files of a folder from which processes are started."""
LARGE_BYTES: Final = 1_048_576
"""A file from this size on is packed by a thread: its bytes need not go through a pipe."""
WORKERS_MAX: Final = 8


class Crew:
    """Those who pack: `count` threads of the caller may ask at once, and each is served at once.

    A thread packs large files itself: while it reads, hashes and compresses, others have Python's
    lock. Many small files it hands to a process of this Python that reads beneath the same folder.
    These processes end with this one, whatever ends it: at the end of their input. A signal of the
    terminal does not reach them.
    """

    def __init__(self, source: Source, effort: Effort, count: int | None = None) -> None:
        """Starts nothing yet.

        Args:
            source: Where files are read.
            effort: What is spent on each file.
            count: How many may pack at once; by default one for each core.
        """
        self.count: Final = count or min(WORKERS_MAX, os.cpu_count() or 1)
        self._source: Final = source
        self._effort: Final = effort
        self._processes: Final[list[subprocess.Popen[bytes]]] = []
        self._idle: Final[SimpleQueue[subprocess.Popen[bytes]]] = SimpleQueue()
        self._folder = source if isinstance(source, Folder) else None

    def grows_to(self, files: int) -> bool:
        """Starts processes once for so many files; whether there are any."""
        if self._folder is not None and not self._processes and files >= MANY_FILES:
            try:
                for _ in range(self.count):
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
            return self._source.squeeze(files, self._effort)
        process = self._idle.get()
        try:
            return _ask(process, files)
        except FaultError as fault:
            raise self._folder.refusal(files[fault.file].name, fault.number) from fault
        finally:
            self._idle.put(process)

    def stop(self) -> None:
        """Ends the processes, whatever they do, and waits for their end."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            with contextlib.suppress(BrokenPipeError), process:  # what was not sent is not missed
                pass

    def _start(self, folder: Folder) -> None:
        started = subprocess.Popen(  # noqa: S603 - this Python and a file of ours
            [sys.executable, "-I", "-B", worker.__file__, *map(str, (folder.root, *self._effort))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=65_536,
            pass_fds=[folder.root],
            process_group=0,
            env={},
        )
        self._processes.append(started)
        self._idle.put(started)


def _ask(process: subprocess.Popen[bytes], files: Sequence[Found]) -> list[Squeezed]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(asked([file.stamp for file in files], [file.name for file in files]))
        process.stdin.flush()
        return answered(process.stdout)
    except (EOFError, BrokenPipeError) as error:
        raise SourceError.of(
            "E-SOURCE-18",
            f"a process that packs ended before its work was done (status {process.wait()})",
            "Is memory short on the runner? Run it again",
        ) from error
