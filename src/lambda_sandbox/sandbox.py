"""The sandbox as tests and the demo hold it: one account of its own, isolated from every other.

May import everything of this package.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from lambda_sandbox.acts import Acts
from lambda_sandbox.checkpoint import Keeper
from lambda_sandbox.core import ApiError, Timing, VirtualClock, World
from lambda_sandbox.dispatch import Dispatcher
from lambda_sandbox.emulated import Tenancy
from lambda_sandbox.gateway import Gateway
from lambda_sandbox.partition import Partition
from lambda_sandbox.s3 import MotoObjects, S3Filter
from lambda_sandbox.snapshots import Snapshots
from lambda_sandbox.transport import InProcess
from lambda_sandbox.wire.message import Request
from lambda_sandbox.wsgi import application

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from lambda_sandbox.calls import Call
    from lambda_sandbox.checkpoint import Checkpoint
    from lambda_sandbox.core import Clock
    from lambda_sandbox.faults import Faults
    from lambda_sandbox.lambda_service.state import LambdaState
    from lambda_sandbox.signer import SignerService

_ERROR = 400


class Sandbox:
    """A stand-in AWS: Lambda, Signer, S3 and what moto gives, with one clock.

    Attributes:
        clock: Virtual unless another was given: it stands still until told to move.
        world: What the services share.
        acts: What an adversary or a person at the console does; not recorded as calls.
        wsgi: The WSGI application.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        timing: Timing | None = None,
        region: str = "eu-west-1",
        account: str = "111122223333",
        beside: Sandbox | None = None,
    ) -> None:
        """Starts an empty account.

        Args:
            seed: Of all random ids: the same calls give the same ids.
            clock: VirtualClock when None, or the clock of `beside`.
            timing: How long things take; AWS's measured shapes when None.
            region: Of `acts`; clients of other regions find other, empty ones.
            account: Twelve digits.
            beside: A sandbox of another account, see `partition`; None: this one is alone.
        """
        tenancy = Tenancy(account, seed)
        self.partition: Partition = beside.partition if beside is not None else Partition()
        if clock is None:
            clock = beside.clock if beside is not None else VirtualClock()
        self.clock: Clock = clock
        self.world = World(
            clock=self.clock,
            objects=MotoObjects(account, tenancy, self.clock),
            account=account,
            region=region,
            timing=timing if timing is not None else Timing(),
            random=Random(seed),
        )
        self._snapshots = Snapshots(self.world)
        self._dispatcher = Dispatcher(
            self.world, tenancy, S3Filter(self.world, tenancy), self._snapshots, self.partition
        )
        self.gateway = Gateway(self.world, self._dispatcher, self._snapshots, self.partition)
        self._keeper = Keeper(self.world, tenancy, self._dispatcher, self.gateway, self._snapshots)
        self._in_process = InProcess(self.gateway, self.clock)
        self.acts = Acts(self.world, self._dispatcher, self.gateway)
        self.wsgi = application(self.gateway.handle)

    @property
    def calls(self) -> list[Call]:
        """Every API request that reached a service, refused ones too, in order."""
        return self.gateway.calls

    @property
    def faults(self) -> Faults:
        """Faults on demand."""
        return self.gateway.faults

    @property
    def presigned_urls(self) -> tuple[str, ...]:
        """Every Code.Location that was given out: bearer tokens that no client may show."""
        return tuple(self._snapshots.issued)

    @property
    def signer_root_pem(self) -> bytes:
        """The certificate that signed zips of this sandbox chain to, PEM."""
        return self.signer.root_pem

    @property
    def signer(self) -> SignerService:
        """The Signer of the sandbox's region, for acts that Signer's API cannot do."""
        return self._dispatcher.region(self.world.region).signer

    @property
    def lambda_state(self) -> LambdaState:
        """What Lambda remembers in the sandbox's region, for assertions on the world itself."""
        return self._dispatcher.region(self.world.region).lambda_.state

    def writes(self, service: str | None = None) -> list[Call]:
        """The calls that changed something: writes that were not refused."""
        return [
            call
            for call in self.calls
            if call.write and call.status < _ERROR and service in {None, call.service}
        ]

    def before(self, operation: str, act: Callable[[Sandbox], object], nth: int = 1) -> None:
        """Runs `act(self)` once, just before the nth call of the operation from now on.

        Raises:
            ValueError: `nth` is not positive.
        """
        if nth < 1:
            raise ValueError("nth counts from 1")
        self.gateway.order(operation, nth, lambda: act(self))

    def checkpoint(self) -> Checkpoint:
        """The whole account as it is now; see the module of that name for what it holds.

        Raises:
            TypeError: The clock is real.
        """
        return self._keeper.take()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes back to a checkpoint of this sandbox, as often as wanted."""
        self._keeper.restore(checkpoint)

    def before_send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """The `before-send` handler: registered on a client's events, it takes every request."""
        return self._in_process.send(request)

    def session(self, region: str | None = None) -> boto3.Session:
        """A session whose clients all talk to this sandbox, with credentials that open nothing."""
        session = boto3.Session(
            aws_access_key_id="AKIASANDBOX000000001",
            aws_secret_access_key="sandbox",
            region_name=region or self.world.region,
        )
        hook: Any = self.before_send
        session.events.register("before-send", hook)
        return session

    def fetch(self, url: str) -> bytes:
        """The bytes behind a presigned URL, for example GetFunction's Code.Location.

        Raises:
            ApiError: Expired, or unknown.
        """
        parts = urlsplit(url)
        response = self.gateway.handle(
            Request(
                "GET", parts.scheme, parts.netloc, parts.path, parts.query, {}, b"", in_process=True
            )
        )
        if response.status >= _ERROR:
            raise ApiError(
                response.error or "Error", response.body.decode("utf-8", "replace"), response.status
            )
        return response.body
