"""A target: where AWS's API is answered, how patient to be with it, and its knobs if it has any.

Uses boto3 as any stranger would: `endpoint_url`, any credentials, path-style S3.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import boto3
import requests
from botocore.config import Config

from tests.contract.row import CannotProvoke

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Knobs(Protocol):
    """What can be done to a target from outside of AWS's API; a real account has none."""

    def advance(self, seconds: float) -> None:
        """Sets the target's clock ahead."""
        ...

    def throttle(self, operation: str, times: int) -> None:
        """Lets the next `times` calls of a Lambda operation be answered as too many."""
        ...

    def web_identity_token(self) -> str:
        """A token that the target's STS takes from an identity provider."""
        ...


class NoKnobs:
    """The knobs of a target that has none.

    Raises:
        CannotProvoke: By every method.
    """

    def advance(self, seconds: float) -> None:
        """See `Knobs`."""
        raise CannotProvoke(f"the clock cannot be set ahead by {seconds} s")

    def throttle(self, operation: str, times: int) -> None:
        """See `Knobs`."""
        raise CannotProvoke(f"{operation} cannot be throttled {times} times at will")

    def web_identity_token(self) -> str:
        """See `Knobs`."""
        raise CannotProvoke("no identity provider at hand")


class EmulatorKnobs(NoKnobs):
    """The knobs of an emulator: identity providers are not asked, so any token will do."""

    def web_identity_token(self) -> str:
        """See `Knobs`."""
        return "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvOm8vcjpyZWYifQ.c2ln"


class SandboxKnobs(EmulatorKnobs):
    """The knobs of `lambda_sandbox` on a port: its control paths.

    Args:
        endpoint: URL of the sandbox.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def advance(self, seconds: float) -> None:
        """See `Knobs`."""
        self._turn("clock", {"advance": seconds})

    def throttle(self, operation: str, times: int) -> None:
        """See `Knobs`."""
        self._turn("faults", {"op": operation, "kind": "throttle", "times": times})

    def _turn(self, knob: str, setting: dict[str, object]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{self._endpoint}/_sandbox/{knob}", json=setting, timeout=10)
        if not answer.ok:
            raise CannotProvoke(f"/_sandbox/{knob} answered {answer.status_code}: {answer.text}")


@dataclass
class Target:
    """Something that answers AWS's API.

    Attributes:
        name: For people.
        endpoint: URL of an emulator; None is AWS itself, with the default credentials.
        region: Of every call.
        patience_s: How long an asynchronous state may take.
        workers: Rows run at the same time.
        tidy: A resource that cannot be removed makes the row fail.
        knobs: What can be done to it from outside.
    """

    name: str
    endpoint: str | None
    region: str = "eu-west-1"
    patience_s: float = 10.0
    workers: int = 12
    tidy: bool = False
    knobs: Knobs = field(default_factory=EmulatorKnobs)
    _made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """The boto3 client of a service; the same one for all rows, as clients are thread-safe."""
        return self.once(f"client {service}", lambda: self.client_as(service))

    def client_as(
        self, service: str, access_key: str = "contract", secret: str = "contract"
    ) -> Any:  # noqa: ANN401 - as above
        """A client of its own, with other credentials on an emulator or given ones on AWS."""
        given: dict[str, Any] = {"region_name": self.region}
        if self.endpoint or access_key != "contract":
            given |= {"aws_access_key_id": access_key, "aws_secret_access_key": secret}
        if self.endpoint:
            given["endpoint_url"] = self.endpoint
        config = Config(
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "total_max_attempts": 1 if self.endpoint else 8},
            max_pool_connections=2 * self.workers,
            inject_host_prefix=self.endpoint is None,
        )
        with self._lock:
            session: Any = boto3.session.Session()
            return session.client(service, config=config, **given)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """What `make` made the first time it was asked for under this key."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: T = self._made[key]
            return made
