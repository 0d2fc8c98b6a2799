"""Keeps all cores busy packing, and hands the entries on in order.

Packing begins while the source is still being walked: what is found then is in the order of the
zip already. The result depends on neither who packs nor how many: each entry is packed alone. May
import this package's modules; starts threads and those of `crew`, and ends them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from signed_lambda.package.crew import LARGE_BYTES, Crew
from signed_lambda.package.writer import Packed, packed_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Self

    from signed_lambda.package.listing import Found, Source
    from signed_lambda.package.worker import Effort, Search

BATCH_BYTES: Final = 524_288
"""Content of one job: small files go together, or handing over costs more than the work."""
BATCH_FILES: Final = 256
AHEAD_BYTES: Final = 67_108_864
"""Content that may be packed behind the job that is written next, which may be a large file. With a
file of the largest size (250 MiB) on each core and what it is compressed to, this bounds the
memory."""


class Pipeline:
    """Packs the files of one source; a context, at whose end nothing that it started is left."""

    def __init__(
        self,
        source: Source,
        effort: Effort,
        search: Search | None = None,
        *,
        workers: int | None = None,
        ahead_bytes: int = AHEAD_BYTES,
        limit_bytes: int | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            source: Where files are read.
            effort: What is spent on each file.
            search: What to look for in the files.
            workers: How many pack at once; by default one for each core.
            ahead_bytes: Content that may be packed behind what is written next.
            limit_bytes: With more content the source is refused, so nothing more is foreseen.
        """
        self._crew: Final = Crew(source, effort, workers, search)
        self._pool: ThreadPoolExecutor | None = None
        self._ahead_bytes: Final = ahead_bytes
        self._waiting: Final[deque[tuple[int, Future[list[Packed]]]]] = deque()
        self._ahead = 0
        self._taken: list[Found] = []
        self._foreseen: Final[list[Found]] = []
        self._looked_at = 0
        self._limit_bytes: Final = limit_bytes
        self._foreseen_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: object
    ) -> None:
        self._crew.stop()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def foresee(self, found: Sequence[Found]) -> None:
        """Begins with the first of many files, as far as they may wait, while more are found.

        Args:
            found: All that was found so far, in the order of the zip.
        """
        if not self._crew.grows_to(len(found)) or self._full(0):
            return
        new = found[self._looked_at :]
        self._looked_at += len(new)
        self._foreseen.extend(item for item in new if item.kind == "file")
        self._foreseen_bytes += sum(item.size_bytes for item in new)
        if self._limit_bytes is not None and self._foreseen_bytes > self._limit_bytes:
            return
        for size, batch in _batches(self._foreseen[len(self._taken) :], whole=True):
            if self._full(size):
                return
            self._begin(size, batch)
            self._taken += batch

    def packed(self, found: Sequence[Found]) -> Iterator[Packed]:
        """Packs all that was found; called once.

        Args:
            found: In the order of the zip.

        Yields:
            The entries, in the same order.

        Raises:
            DeployError: A file cannot be read, or was changed.
        """
        self._crew.grows_to(len(found))
        files = self._files([item for item in found if item.kind == "file"])
        for item in found:
            yield packed_link(item) if item.kind == "link" else next(files)

    def _files(self, files: list[Found]) -> Iterator[Packed]:
        if files[: len(self._taken)] != self._taken:  # not the order that was foreseen
            self._waiting.clear()
            self._taken, self._ahead = [], 0
        if not self._taken and _is_one_job(files):
            yield from _pack(self._crew, files)
            return
        for size, batch in _batches(files[len(self._taken) :]):
            while self._waiting and (self._full(size) or self._waiting[0][1].done()):
                yield from self._first()
            self._begin(size, batch)
        while self._waiting:
            yield from self._first()

    def _full(self, size: int) -> bool:
        """Whether a job of this size has to wait for the first one."""
        first = self._waiting[0][0] if self._waiting else size
        return self._ahead + size - first > self._ahead_bytes

    def _begin(self, size: int, batch: list[Found]) -> None:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - small packages need none of it

            self._pool = ThreadPoolExecutor(self._crew.threads, thread_name_prefix="pack")
        self._waiting.append((size, self._pool.submit(_pack, self._crew, batch)))
        self._ahead += size

    def _first(self) -> list[Packed]:
        size, future = self._waiting.popleft()
        self._ahead -= size
        return future.result()


def _is_one_job(files: Sequence[Found]) -> bool:
    """Whether threads would only take time."""
    return 0 < len(files) <= BATCH_FILES and sum(f.size_bytes for f in files) <= BATCH_BYTES


def _batches(files: Iterable[Found], *, whole: bool = False) -> Iterator[tuple[int, list[Found]]]:
    """Cuts files into jobs with their sizes; a large file is one by itself.

    Args:
        files: In order.
        whole: Leave out a last job that more files would fit into.
    """
    batch: list[Found] = []
    size = 0
    for file in files:
        if batch and (
            size >= BATCH_BYTES or len(batch) >= BATCH_FILES or file.size_bytes >= LARGE_BYTES
        ):
            yield size, batch
            batch, size = [], 0
        batch.append(file)
        size += file.size_bytes
    if batch and not whole:
        yield size, batch


def _pack(crew: Crew, batch: list[Found]) -> list[Packed]:
    return list(map(Packed.of, batch, crew.squeeze(batch)))
