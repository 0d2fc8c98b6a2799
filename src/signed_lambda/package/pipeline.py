"""Compresses on all cores and hands the entries on in order.

The result does not depend on the number of threads: each entry is packed alone. May import this
package's modules; starts threads, which end before it returns.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from signed_lambda.package.writer import Packed, pack_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.package.listing import Found, Source

BATCH_BYTES: Final = 524_288
"""Content handed to a thread at once: small files go together, or handing over costs more."""
AHEAD_BYTES: Final = 67_108_864
"""Content that may wait to be written. With one file of the largest size (250 MiB) and what it is
compressed to, this bounds the memory."""
WORKERS_MAX: Final = 8

_Batch = list[tuple["Found", "bytes | bytearray"]]


def packed_in_order(
    source: Source,
    found: Iterable[Found],
    *,
    workers: int | None = None,
    ahead_bytes: int = AHEAD_BYTES,
) -> Iterator[Packed]:
    """Reads and packs what was found.

    Args:
        source: Where it is read.
        found: In the order of the zip.
        workers: Threads; by default one for each core.
        ahead_bytes: Content that may wait to be written; one batch may always.

    Yields:
        The entries, in the same order.

    Raises:
        DeployError: A file cannot be read, or was changed.
    """
    count = workers or min(WORKERS_MAX, os.cpu_count() or 1)
    waiting: deque[tuple[int, Future[list[Packed]]]] = deque()
    ahead = 0
    pool = ThreadPoolExecutor(count, thread_name_prefix="pack")
    try:
        for size, batch in _batches(source, found):
            while waiting and (ahead + size > ahead_bytes or waiting[0][1].done()):
                done, future = waiting.popleft()
                ahead -= done
                yield from future.result()
            waiting.append((size, pool.submit(_pack, batch)))
            ahead += size
        while waiting:
            yield from waiting.popleft()[1].result()
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(source: Source, found: Iterable[Found]) -> Iterator[tuple[int, _Batch]]:
    batch: _Batch = []
    size = 0
    for item in found:
        content = item.link_target.encode() if item.kind == "link" else source.read(item)
        batch.append((item, content))
        size += len(content)
        if size >= BATCH_BYTES:
            yield size, batch
            batch, size = [], 0
    if batch:
        yield size, batch


def _pack(batch: _Batch) -> list[Packed]:
    return [
        pack_entry(item.name, item.kind, content, executable=item.executable)
        for item, content in batch
    ]
