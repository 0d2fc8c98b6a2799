"""Locks `$LATEST` against callers, unlocks it, or says what would: one write at most.

A command of its own, because its role may change a resource policy, which a deploy's must never do.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.chain.latest import LatestLook
from signed_lambda.chain.lock import (
    identity_statement,
    organization_statements,
    set_lock,
    statement,
)
from signed_lambda.chain.observe import Observed
from signed_lambda.commands.deploy import look_before_writing
from signed_lambda.confighash import unqualified
from signed_lambda.errors import FunctionError, LockError, Problem
from signed_lambda.report.model import Status

if TYPE_CHECKING:
    from signed_lambda.chain.latest import Latest
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.inputs import LockLatest
    from signed_lambda.latest import WayKind

IN_USE: Final[frozenset[WayKind]] = frozenset(
    {"EventBridge rule", "S3 notification", "SNS subscription", "function URL"}
)
"""Kinds of ways that somebody uses now, and that the lock would cut off."""


def lock(bench: Workbench, order: Order, mode: LockLatest) -> bool:
    """Whether something was written.

    Raises:
        LockError: Triggers would be cut off, or it cannot be seen whether any would, or the policy
            cannot be merged; it is as it was.
        DeployError: The function cannot be looked at.
    """
    observed = _observe(bench, order)
    # Whether the function demands signed code, and where its alias is, is nothing to the lock.
    look_before_writing(bench, replace(order, require_code_signing="off"), observed)
    if observed.function is None:
        raise FunctionError.of("E-FUNCTION-01", f"no function {order.function}", "Create it first")
    arn = unqualified(observed.function.arn)
    looking = LatestLook(bench, order)
    looking.go_on(observed)
    latest = looking.tell()
    if mode == "report":
        _say_what_denies(bench, observed, arn)
        return False
    if mode == "policy":
        _require_unused(order, latest)
    done = bench.journal.note(set_lock(bench, order, arn, lock=mode == "policy"))
    return done.written


def _observe(bench: Workbench, order: Order) -> Observed:
    identity = bench.cloud.identity()
    bench.journal.know(region=identity.region)
    return Observed(
        identity=identity,
        function=bench.cloud.function(order.function),
        configuration=None,
        code_signing=None,
        profile=None,
        bucket=None,
        alias=None,
        held=None,
    )


def _require_unused(order: Order, latest: Latest) -> None:
    """Refuses to cut off what somebody uses, or may use unseen: a lock must not be an outage.

    Where a Deny for everybody stands, all of this is cut off already.
    """
    problems = []
    used = [way for way in latest.ways if way.kind in IN_USE]
    if used:
        names = "; ".join(f"{way.kind} {way.what}" for way in used)
        problems.append(
            Problem(
                "E-LOCK-06",
                f"$LATEST of {order.function} is in use, and the lock would cut it off: {names}",
                "Point these to an alias first, with a permission on the alias",
            )
        )
    unseen = [one for one in latest.unseen if not IN_USE.isdisjoint(one.hides)]
    if unseen and latest.lock != "policy":
        looks = "; ".join(dict.fromkeys(map(str, unseen)))
        problems.append(
            Problem(
                "E-LOCK-07",
                f"whether $LATEST of {order.function} is in use could not be seen, and the lock"
                f" could cut off a trigger: {looks}",
                "Allow the role what is not allowed, and run it again. Or point the trigger to an"
                " alias and remove its permission on the function (`aws lambda"
                " remove-permission`): a bucket, a topic or an event bus of your own that has none"
                " is not looked at",
            )
        )
    if problems:
        raise LockError(*problems)


def _say_what_denies(bench: Workbench, observed: Observed, arn: str) -> None:
    """The statements, each with the place that it is for."""
    told = [
        ("Statement for the function's policy (lock-latest: policy writes it)", statement(arn)),
        ("Statement for callers' roles, or a permissions boundary", identity_statement(arn)),
        *(
            ("Statement for a service control policy, all functions", one)
            for one in organization_statements(observed.identity.partition)
        ),
    ]
    for title, one in told:
        bench.journal.fact(
            step="lock-statement",
            title=title,
            status=Status.OK,
            proof=f"`{json.dumps(one, separators=(', ', ': '))}`",
        )
    name = arn.rpartition(":")[2]
    bench.journal.warn(
        f"`function:{name}*` and `function:{name}:*` match versions and aliases too: a Deny on"
        " them stops every call. Services that invoke (S3, SNS, EventBridge) ask neither roles nor"
        " service control policies, only the function's own policy"
    )
