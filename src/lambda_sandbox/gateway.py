"""The one door: every request goes through here, whatever transport brought it.

Finds the service by the SigV4 credential scope, runs what tests ordered to happen first, applies
faults, dispatches, and writes the log. May import everything of this package except the transports.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from lambda_sandbox.calls import Call, Target, changes_something, logged_params, target_of
from lambda_sandbox.core import ApiError
from lambda_sandbox.dispatch import refuse_oversized
from lambda_sandbox.faults import BEFORE, HTML, Faults, fault_error
from lambda_sandbox.s3 import path_style, plain_body
from lambda_sandbox.snapshots import is_snapshot
from lambda_sandbox.wire.errors import error_for, s3_error
from lambda_sandbox.wire.message import Response, TransportFault
from lambda_sandbox.wire.models import model_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambda_sandbox.core import World
    from lambda_sandbox.dispatch import Dispatcher
    from lambda_sandbox.faults import Fault
    from lambda_sandbox.limit import Bucket
    from lambda_sandbox.partition import Partition
    from lambda_sandbox.snapshots import Snapshots
    from lambda_sandbox.wire.message import Request

_AWS_HOST = re.compile(r"(?:.+\.)?(?P<service>[a-z0-9-]+)\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_REQUEST_IDS = frozenset({"x-amzn-requestid", "x-amz-request-id"})
_UNSIGNED = {"AssumeRoleWithWebIdentity": "sts", "AssumeRoleWithSAML": "sts"}


class Gateway:
    """Answers requests, one at a time where they touch the world."""

    def __init__(
        self, world: World, dispatcher: Dispatcher, snapshots: Snapshots, partition: Partition
    ) -> None:
        self._world = world
        self._partition = partition
        partition.join(world.account, self)
        self._dispatcher = dispatcher
        self._snapshots = snapshots
        self._lock = threading.RLock()
        self.calls: list[Call] = []
        self.faults = Faults()
        self.before: list[tuple[str, int, Callable[[], object]]] = []
        self.latency_s = 0.0
        self.limit: Bucket | None = None

    def handle(self, request: Request) -> Response:
        """The answer to a request, by the account whose key it was signed with.

        Raises:
            TransportFault: The connection is to break here.
        """
        return (self._partition.gateway_of(request) or self).handle_own(request)

    def handle_own(self, request: Request) -> Response:
        """As `handle`, of a request to this account."""
        if is_snapshot(request):
            self._take_time()
            return self._snapshot(request)
        service, region = self._service(request)
        if service == "s3":
            request = path_style(request)
        target = target_of(service, region, request)
        self._run_acts(target.operation)
        self._take_time()
        with self._lock:
            fault = self.faults.take(service, target.operation)
        if fault is not None and fault.kind == "conn_before":
            raise TransportFault("conn_before")
        if fault is not None and fault.kind == "timeout_before":
            raise TransportFault("timeout_after", hold_s=fault.seconds)
        if fault is not None and fault.kind == "slow":
            self._world.clock.sleep(fault.seconds)
        with self._lock:
            response = self._answer(target, request, fault)
        if fault is not None and fault.kind in {"lost_after", "timeout_after", "truncated"}:
            cut = fault.kind == "truncated" and fault.options.get("declared") == "cut"
            if not cut:
                raise TransportFault(fault.kind, response, fault.seconds)
            response.body = response.body[: len(response.body) // 2]
        if fault is not None and fault.kind == "error500_after":
            response = self._failure(target, request, fault)
        return response

    def order(self, operation: str, count: int, act: Callable[[], object]) -> None:
        """Runs an act just before the count-th call of the operation from now on."""
        with self._lock:
            self.before.append((operation, count, act))

    def locked(self) -> threading.RLock:
        """The lock that acts on the world hold."""
        return self._lock

    def _take_time(self) -> None:
        """A round trip's time: of an API request and of a download alike."""
        if self.latency_s:
            self._world.clock.sleep(self.latency_s)

    def _answer(self, target: Target, request: Request, fault: Fault | None) -> Response:
        params: dict[str, Any] = {}
        try:
            if target.service == "s3":
                request = plain_body(request)
            refuse_oversized(target, request)
            params = logged_params(target, request)
            if fault is None and self.limit is not None:
                self.limit.take(target, self._world.clock.monotonic())
            if fault is not None and fault.kind in BEFORE:
                response = self._failure(target, request, fault)
            else:
                self._snapshots.base = (
                    None if request.in_process else f"{request.scheme}://{request.host}"
                )
                response = self._dispatched(target, params, request)
        except ApiError as error:
            response = error_for(model_of(target.service), error, request)
        moment = self._world.clock.now()
        if not any(name.lower() in _REQUEST_IDS for name in response.headers):
            response.headers["x-amzn-RequestId"] = self._request_id()
        self.calls.append(
            Call(
                target.service,
                target.operation,
                params,
                changes_something(target.operation, params),
                response.status,
                moment,
                response.error,
            )
        )
        return response

    def _dispatched(self, target: Target, params: dict[str, Any], request: Request) -> Response:
        """A service's answer: of this account, or of STS about a role of another one."""
        elsewhere = self._partition.role_elsewhere(request, self._world.account)
        if elsewhere is None:
            return self._dispatcher.dispatch(target, params, request)
        other, role = elsewhere
        caller = self._dispatcher.require_may_assume(request, role)
        return other.assumed(target, params, request, caller)

    def assumed(
        self, target: Target, params: dict[str, Any], request: Request, caller: str
    ) -> Response:
        """The keys of a role of this account, for a caller of another one.

        Raises:
            ApiError: AccessDenied, 403: the role does not exist, or does not trust the caller.
        """
        self._dispatcher.require_trusts(request.form["RoleArn"], caller)
        response = self._dispatcher.dispatch(target, params, request)
        self._partition.remember(self._world.account, response)
        return response

    def _failure(self, target: Target, request: Request, fault: Fault) -> Response:
        if fault.kind == "html_200":
            return Response(200, HTML, {"Content-Type": "text/html"}, "html_200")
        model = model_of(target.service)
        return error_for(model, fault_error(fault, target.service, model), request)

    def _snapshot(self, request: Request) -> Response:
        with self._lock:
            try:
                return self._snapshots.answer(request)
            except ApiError as error:
                return s3_error(error, request)

    def _service(self, request: Request) -> tuple[str, str]:
        """The service and region: by scope, by unsigned action, by host; S3 as the last resort."""
        scope = request.scope
        if scope is not None:
            return scope.service, scope.region
        action = request.form.get("Action", "")
        if action in _UNSIGNED:
            return _UNSIGNED[action], self._world.region
        match = _AWS_HOST.fullmatch(request.host) if request.in_process else None
        if match is not None and match["service"] != "s3":
            return match["service"], match["region"]
        return "s3", self._world.region

    def _run_acts(self, operation: str) -> None:
        """Runs what is due before this call; acts may call back into the sandbox."""
        with self._lock:
            due, waiting = [], []
            for name, count, act in self.before:
                if name != operation:
                    waiting.append((name, count, act))
                elif count <= 1:
                    due.append(act)
                else:
                    waiting.append((name, count - 1, act))
            self.before = waiting
        for act in due:
            act()

    def _request_id(self) -> str:
        bits = f"{len(self.calls) + 1:032x}"
        return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
