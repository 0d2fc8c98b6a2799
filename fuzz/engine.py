"""Runs one target under atheris until its time is over or an input fails.

    python -m fuzz.engine TARGET [flags of libFuzzer] [folders of inputs]

A check that takes more than `CASE_S` of the processor is a failure, as is more than `MEMORY_MB`.
The review gives a file up after 2 s, and looks at a million expressions, which takes some 2 s more;
under the fuzzer, which counts branches, two to three times as long. Time is counted of the
processor, so that a busy machine makes no failures; a parser in C that never comes back is stopped
after `STUCK_S` by the clock.

Source: https://github.com/google/atheris, https://llvm.org/docs/LibFuzzer.html#options
"""

from __future__ import annotations

import importlib
import random
import signal
import sys
from typing import TYPE_CHECKING, Final, Protocol

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

CASE_S: Final = 10
STUCK_S: Final = 300
MEMORY_MB: Final = 1024


class Target(Protocol):
    """What a module in `targets/` offers."""

    MAX_BYTES: int
    WORDS: tuple[bytes, ...]

    def check(self, data: bytes) -> None:
        """Raises when the product does what it must not."""
        ...

    def seeds(self) -> Iterable[bytes]:
        """What to start from."""
        ...


class SlowError(BaseException):
    """An input took too long; no `except Exception` of the product may take it for its own."""


def main(name: str, *flags: str) -> None:
    """Fuzzes the target; ends the process with 0 when nothing was found."""
    with atheris.instrument_imports(include=["signed_lambda"]):
        target: Target = importlib.import_module(f"fuzz.targets.{name}")
        for seed in target.seeds():
            target.check(seed)  # modules that are imported late are imported now
    signal.signal(signal.SIGPROF, _too_slow)

    def check(data: bytes) -> None:
        signal.setitimer(signal.ITIMER_PROF, CASE_S)
        try:
            target.check(data)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    own: Callable[[bytes, random.Random], bytes] | None = getattr(target, "mutated", None)

    def mutated(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if own is None or chance.random() < 0.5:  # the other half of the time
            return bytes(atheris.Mutate(data, max_size))
        return bytes(own(data, chance)[:max_size])

    limits = (f"-timeout={STUCK_S}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={target.MAX_BYTES}")
    arguments = [sys.argv[0], *limits, "-len_control=0", *flags]  # long ones from the start
    atheris.Setup(arguments, check, **({"custom_mutator": mutated} if own else {}))
    atheris.Fuzz()


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise SlowError(f"more than {CASE_S} s of the processor")


if __name__ == "__main__":
    main(*sys.argv[1:])
