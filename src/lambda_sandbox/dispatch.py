"""From an operation to the service that answers it: ours for Lambda and Signer, moto for the rest.

May import the services, the wire package and core; never a transport.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from lambda_sandbox.admission import Admission, admit, record_only
from lambda_sandbox.bridge import install
from lambda_sandbox.completions import completed
from lambda_sandbox.core import ApiError
from lambda_sandbox.iam.enforcement import Enforcement
from lambda_sandbox.iam.principals import Principals
from lambda_sandbox.iam.simulation import OPERATIONS as SIMULATIONS
from lambda_sandbox.iam.simulation import PolicySimulation
from lambda_sandbox.lambda_service import LambdaService
from lambda_sandbox.lambda_service.code import REQUEST_LIMIT
from lambda_sandbox.lambda_service.service import snake_case
from lambda_sandbox.signer import SignerService
from lambda_sandbox.wire.restjson import serialise
from lambda_sandbox.wire.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.calls import Target
    from lambda_sandbox.core import World
    from lambda_sandbox.emulated import Tenancy
    from lambda_sandbox.lambda_service.state import CodeSigningConfig
    from lambda_sandbox.partition import Partition
    from lambda_sandbox.s3 import S3Filter
    from lambda_sandbox.snapshots import Snapshots
    from lambda_sandbox.wire.message import Request, Response


_EVENTFUL = frozenset({"sns", "events", "logs"})


@dataclass(frozen=True, slots=True)
class Region:
    """The services that live in one region."""

    world: World
    lambda_: LambdaService
    signer: SignerService


class Dispatcher:
    """All services of one sandbox."""

    def __init__(
        self,
        world: World,
        tenancy: Tenancy,
        s3: S3Filter,
        snapshots: Snapshots,
        partition: Partition,
    ) -> None:
        self._world = world
        self._partition = partition
        self._tenancy = tenancy
        self._s3 = s3
        self._snapshots = snapshots
        principals = Principals(world.account, tenancy)
        self._enforcement = Enforcement(world, principals, s3.bucket_policy)
        self._simulation = PolicySimulation(principals)
        self._regions: dict[str, Region] = {}
        self._bridged: set[str] = set()

    def region(self, name: str) -> Region:
        """The services of a region, made when first asked for."""
        found = self._regions.get(name)
        if found is None:
            found = self._regions[name] = self._new_region(name)
        return found

    def regions(self) -> dict[str, Region]:
        """The regions that were asked for."""
        return dict(self._regions)

    def dispatch(self, target: Target, params: dict[str, Any], request: Request) -> Response:
        """The service's answer.

        Raises:
            ApiError: The service refuses.
        """
        self.settle()
        self._enforcement.notice(target.service)
        self._enforcement.require(
            target.service,
            target.operation,
            params,
            request.scope.access_key if request.scope is not None else "",
            self.region(target.region).lambda_.state,
        )
        if target.service == "s3":
            self._bridge(target)
            return self._s3.call(request, target.region)
        if target.service == "iam" and target.operation in SIMULATIONS:
            return self._simulation.answer(target.operation, request)
        if target.service not in {"lambda", "signer"}:
            self._bridge(target)
            return self._emulated(target, request)
        if target.match is None:
            raise ApiError("UnknownOperationException", f"no operation: {target.operation}", 404)
        operation = target.match.operation
        region = self.region(target.region)
        if target.service == "lambda":
            method = region.lambda_.operation(operation.name)
            # Lambda tells an unknown runtime with another error than the model's.
            validate(operation.input_shape, params, exempt=frozenset({"Runtime"}))
        else:
            method = _signer_method(region.signer, operation.name)
            validate(operation.input_shape, params)
        if method is None:
            raise ApiError("NotImplementedException", f"the sandbox has no {operation.name}", 501)
        return serialise(operation, method(params))

    def require_may_assume(self, request: Request, role: str) -> str:
        """The ARN of the caller, who may assume a role of another account.

        Raises:
            ApiError: AccessDenied, 403.
        """
        key = request.scope.access_key if request.scope is not None else ""
        return self._enforcement.require_may_assume(key, role)

    def require_trusts(self, role: str, caller: str) -> None:
        """Does nothing where a role of this account trusts the caller.

        Raises:
            ApiError: AccessDenied, 403.
        """
        self._enforcement.notice("iam")
        self._enforcement.require_trusts(role, caller)

    def settle(self) -> None:
        """Lets signing jobs that are due put their objects into S3."""
        for region in self._regions.values():
            region.signer.settle()

    def _emulated(self, target: Target, request: Request) -> Response:
        with self._tenancy.active():
            return completed(
                target.service,
                target.operation,
                self._world.account,
                target.region,
                request,
                lambda: self._tenancy.call(target.service, target.region, request),
            )

    def _bridge(self, target: Target) -> None:
        """Lets moto's events reach our functions, before the first that could be sent."""
        notifying = target.operation.startswith("PutBucketNotification")
        if target.region in self._bridged or not (target.service in _EVENTFUL or notifying):
            return
        service = self.region(target.region).lambda_
        with self._tenancy.active():
            install(self._world.account, target.region, service.invocation.invoke)
        self._bridged.add(target.region)

    def _new_region(self, name: str) -> Region:
        world = replace(self._world, region=name)
        signer = SignerService(world, partition=self._partition)
        service = LambdaService(
            world, _CodeSigning(world, signer), partial(self._snapshots.locate, name)
        )
        return Region(world, service, signer)


@dataclass(frozen=True, slots=True)
class _CodeSigning:
    """The admission's check, bound to one region's signer."""

    world: World
    signer: SignerService

    def admit(self, config: CodeSigningConfig | None, body: bytes, resource: str, /) -> Admission:
        """See `admission.admit`."""
        return admit(self.world, self.signer, config, body, resource=resource)

    def record(self, body: bytes, /) -> Admission:
        """See `admission.record_only`."""
        return record_only(self.world, self.signer, body)


def refuse_oversized(target: Target, request: Request) -> None:
    """Lambda looks at a request's size before it reads it.

    Raises:
        ApiError: RequestEntityTooLargeException, 413.

    Source: LocalStack AWS-validated snapshot 2025-11 (test_oversized_request_create_lambda).
    """
    if target.service == "lambda" and len(request.body) > REQUEST_LIMIT:
        raise ApiError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {REQUEST_LIMIT} bytes for the {target.operation} "
            "operation",
            413,
        )


def _signer_method(
    signer: SignerService, operation: str
) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    found: Callable[[dict[str, Any]], dict[str, Any]] | None
    found = getattr(signer, snake_case(operation), None)
    return found
