"""What every service of the sandbox stands on: the clock, API errors, the world they share.

May import nothing of the sandbox's services. Never reads the real time by itself: a clock is given.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol, TypeAlias

Json: TypeAlias = Any
"""A value of a request or answer: its shape is the model's, and is checked where it is used."""
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Clock(Protocol):
    """Time as the services see it."""

    def now(self) -> datetime:
        """The current time, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Lets `seconds` pass."""
        ...

    def advance(self, seconds: float) -> None:
        """Sets the clock ahead by `seconds` (not negative), without waiting."""
        ...


class VirtualClock:
    """Stands still until somebody sleeps or advances it: no test waits for real."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The virtual time, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Virtual seconds since the start."""
        return (self._now - START).total_seconds()

    def processor(self) -> float:
        """As if a thread worked all the time."""
        return self.monotonic()

    def sleep(self, seconds: float) -> None:
        """Moves the time on, at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Moves the time on by `seconds` (not negative)."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def set(self, moment: datetime) -> None:
        """Makes it that time, also an earlier one."""
        self._now = moment


class RealClock:
    """The machine's clock, which can be set ahead: for the sandbox on a port."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> datetime:
        """The machine's time plus what `advance` added, UTC."""
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic() + self._ahead

    def processor(self) -> float:
        """Seconds of the processor that this thread has used."""
        return time.thread_time()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Sets the clock ahead by `seconds` (not negative)."""
        self._ahead += max(0.0, seconds)


class ApiError(Exception):
    """An answer that is an error, as the service would spell it.

    Attributes:
        code: Of the error, for example "ResourceConflictException".
        message: Its text.
        status: HTTP status.
        fields: Further members of the error's body (for example Reason, retryAfterSeconds).
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object in the sandbox's S3."""

    body: bytes
    version_id: str


class ObjectStore(Protocol):
    """S3 as the other services use it, without going over the wire."""

    def get(self, bucket: str, key: str, version_id: str | None = None) -> StoredObject:
        """The object's newest version, or the one asked for.

        Raises:
            ApiError: NoSuchBucket, NoSuchKey or NoSuchVersion, as S3 spells them.
        """
        ...

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Stores a new version; its version id, "null" in an unversioned bucket.

        Raises:
            ApiError: NoSuchBucket.
        """
        ...

    def versioning(self, bucket: str) -> str | None:
        """Enabled, Suspended, or None where it was never set.

        Raises:
            ApiError: NoSuchBucket.
        """
        ...


@dataclass(slots=True)
class Timing:
    """How long AWS takes, in seconds (measured shapes, see the services' docstrings)."""

    create_s: float = 1.0
    update_s: float = 2.0
    publish_s: float = 0.5
    signing_s: float = 3.0


@dataclass
class World:
    """One account in one partition, shared by the services of one sandbox."""

    clock: Clock
    objects: ObjectStore
    account: str = "111122223333"
    region: str = "eu-west-1"
    timing: Timing = field(default_factory=Timing)
    random: Random = field(default_factory=lambda: Random(0))
