"""Looks at who can reach `$LATEST` of a function, and at what locks it.

Every read is optional: one that is refused is kept with its reason. API Gateway is known by the
function's policy alone: a statement is what opens `$LATEST`, whether an integration uses it today
or not; an integration that invokes with a role of its own (`credentials`) is not seen, because
finding it takes a walk over every API of the account. Reads only.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.confighash import unqualified
from signed_lambda.errors import AccessError, Cancelled, DeployError
from signed_lambda.latest import INVOKE, LockState, Way, of_latest
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Status
from signed_lambda.triggers import Listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Identity
    from signed_lambda.latest import Statement

T = TypeVar("T")
MOST: Final = 20
"""So many buckets, topics and buses of the policy are looked at; that it was cut is said."""
STEP: Final = "latest"
LOCK_STEP: Final = "lock"
_BUCKET: Final = re.compile(r"arn:[a-z-]+:s3:::(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
_TOPIC: Final = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_BUS: Final = re.compile(r"arn:[a-z-]+:events:[^:]*:[^:]*:rule/(?P<bus>[\w.-]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class Latest:
    """What is known of `$LATEST`.

    Attributes:
        ways: That lead to it now.
        lock: What keeps callers from it.
        why: How that is known, for a reader.
    """

    ways: tuple[Way, ...]
    lock: LockState
    why: str


def look_at_latest(bench: Workbench, order: Order, observed: Observed) -> Latest:
    """Reads what leads to `$LATEST`, and tells it in the journal.

    Raises:
        Cancelled, DeadlineError: The run is over.
    """
    look = _Look(bench, order, observed)
    statements = look.asked("lambda:GetPolicy", look.arn, lambda: look.cloud.statements(look.name))
    locked = [s for s in statements or () if s.locks(look.arn)]
    ways = [*look.ways(statements or ())]
    open_ways = tuple(w for w in ways if not (locked and w.by_policy))
    lock, why = look.lock(statements, locked)
    bench.deadline.check(f"looking at $LATEST of {order.function}")
    _tell(bench, order, Latest(open_ways, lock, why), look.unseen)
    return Latest(open_ways, lock, why)


def look_at_recursion(bench: Workbench, order: Order, observed: Observed) -> None:
    """Tells whether Lambda would stop the function when it starts itself again and again.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    look = _Look(bench, order, observed)
    loop = look.asked(
        "lambda:GetFunctionRecursionConfig", look.arn, lambda: look.cloud.recursive_loop(look.name)
    )
    if loop is not None:
        stops = loop == "Terminate"
        bench.journal.fact(
            step="recursion",
            title="Recursive loops",
            status=Status.OK if stops else Status.WARNING,
            proof="Lambda stops them" if stops else f"RecursiveLoop is {loop}: Lambda stops none",
        )
    _tell_unseen(bench, look.unseen)


class _Look:
    def __init__(self, bench: Workbench, order: Order, observed: Observed) -> None:
        self.cloud, self.name, self.identity = bench.cloud, order.function, observed.identity
        here = self.identity
        self.arn = (
            unqualified(observed.function.arn)
            if observed.function is not None
            else f"arn:{here.partition}:lambda:{here.region}:{here.account}:function:{self.name}"
        )
        self.unseen: list[tuple[str, str, str]] = []

    def asked(self, action: str, resource: str, read: Callable[[], T]) -> T | None:
        """The answer; a refusal or a failure is kept as its reason.

        Raises:
            Cancelled: The run was stopped.
        """
        try:
            answer = read()
        except Cancelled:
            raise
        except AccessError:
            self.unseen.append((action, resource, "not allowed"))
            return None
        except DeployError as error:
            self.unseen.append((action, resource, f"no answer, {error.problems[0].id}"))
            return None
        if isinstance(answer, Listed) and not answer.whole:
            self.unseen.append((action, resource, "only the first ten pages were read"))
        return answer

    def ways(self, statements: Iterable[Statement]) -> Iterator[Way]:
        """All that was found, in the order of the questions."""
        opening = [s for s in statements if s.opens(self.arn)]
        for one in opening:
            yield Way("policy statement", _told(one), by_policy=True)
        sources = [source for s in opening for source in s.sources]
        yield from self._event_sources()
        yield from self._urls()
        yield from self._rules(sources)
        yield from self._notifications(sources)
        yield from self._subscriptions(sources)

    def _event_sources(self) -> Iterator[Way]:
        """Lambda polls with the function's own role: no resource policy is asked."""
        for qualifier in (None, "$LATEST"):
            found = self.asked(
                "lambda:ListEventSourceMappings",
                "*",
                partial(self.cloud.event_sources, self.name, qualifier),
            )
            for one in found.items if found is not None else ():
                what = f"{one.arn or 'a source outside of AWS'} ({one.state})"
                yield Way("event source mapping", what, by_policy=False)

    def _urls(self) -> Iterator[Way]:
        found = self.asked(
            "lambda:ListFunctionUrlConfigs", self.arn, lambda: self.cloud.function_urls(self.name)
        )
        for url in found.items if found is not None else ():
            if self._is_latest(url.arn):
                yield Way("function URL", f"AuthType {url.auth}", by_policy=True)

    def _rules(self, sources: Iterable[str]) -> Iterator[Way]:
        named = (m["bus"] for s in sources if (m := _BUS.fullmatch(s)))
        for bus in self._first(("default", *named), "events:ListRuleNamesByTarget"):
            for target in of_latest(self.arn):
                found = self.asked(
                    "events:ListRuleNamesByTarget",
                    "*",
                    partial(self.cloud.rule_names, target, bus),
                )
                for rule in found.items if found is not None else ():
                    yield Way("EventBridge rule", f"{bus}/{rule}", by_policy=True)

    def _notifications(self, sources: Iterable[str]) -> Iterator[Way]:
        named = (m["name"] for s in sources if (m := _BUCKET.fullmatch(s)))
        for bucket in self._first(named, "s3:GetBucketNotification"):
            found = self.asked(
                "s3:GetBucketNotification",
                f"arn:{self.identity.partition}:s3:::{bucket}",
                partial(self.cloud.notifications, bucket),
            )
            for one in found or ():
                if self._is_latest(one.target):
                    yield Way(
                        "S3 notification", f"{bucket}: {', '.join(one.events)}", by_policy=True
                    )

    def _subscriptions(self, sources: Iterable[str]) -> Iterator[Way]:
        named = (s for s in sources if _TOPIC.fullmatch(s))
        for topic in self._first(named, "sns:ListSubscriptionsByTopic"):
            found = self.asked(
                "sns:ListSubscriptionsByTopic",
                topic,
                partial(self.cloud.subscriptions, topic),
            )
            for one in found.items if found is not None else ():
                if one.protocol == "lambda" and self._is_latest(one.endpoint):
                    yield Way("SNS subscription", topic, by_policy=True)

    def lock(
        self, statements: Iterable[Statement] | None, locked: list[Statement]
    ) -> tuple[LockState, str]:
        """What keeps callers from `$LATEST`, and how that is known."""
        if locked:
            return "policy", f"statement {locked[0].sid or 'without Sid'} denies it to everybody"
        if statements is None:
            return "unseen", "the function's policy was not seen"
        role = _role(self.identity)
        if role is None:
            return "none", "no statement of the function's policy denies it"
        results = self.asked(
            "iam:SimulatePrincipalPolicy",
            role,
            lambda: self.cloud.simulated(role, INVOKE, of_latest(self.arn)),
        )
        if results is None:
            return "none", "no statement of the function's policy denies it to everybody"
        if results and all(r.by_organization is False for r in results):
            return "organization", f"the organization's policies deny it, as simulated for {role}"
        return "none", (
            "neither a statement of the function's policy nor the organization's policies deny it"
            f" (simulated for {role}: {', '.join(r.decision for r in results)})"
        )

    def _is_latest(self, arn: str) -> bool:
        return arn in of_latest(self.arn)

    def _first(self, found: Iterable[str], action: str) -> list[str]:
        wanted = [*dict.fromkeys(found)]
        if len(wanted) > MOST:
            why = f"only the first {MOST} of {len(wanted)} were looked at"
            self.unseen.append((action, "*", why))
        return wanted[:MOST]


def _tell(
    bench: Workbench, order: Order, latest: Latest, unseen: list[tuple[str, str, str]]
) -> None:
    for way in latest.ways:
        bench.journal.fact(
            step=STEP,
            title=f"$LATEST can be reached: {way.kind}",
            status=Status.WARNING,
            proof=way.what,
        )
    if latest.ways:
        bench.journal.warn(
            f"$LATEST of {order.function}, which nobody verified, can be reached in"
            f" {len(latest.ways)} {'way' if len(latest.ways) == 1 else 'ways'}"
        )
    elif not unseen:
        bench.journal.fact(
            step=STEP,
            title="$LATEST",
            status=Status.OK,
            proof="nothing that was looked at leads to it",
        )
    stands = latest.lock in ("policy", "organization")
    bench.journal.fact(
        step=LOCK_STEP,
        title="$LATEST is locked" if stands else "$LATEST is not locked",
        status=Status.OK if stands else Status.WARNING,
        proof=latest.why,
    )
    _tell_unseen(bench, unseen)


def _tell_unseen(bench: Workbench, unseen: Iterable[tuple[str, str, str]]) -> None:
    for action, resource, why in unseen:
        bench.journal.fact(
            step=STEP,
            title="Look at $LATEST",
            status=Status.SKIPPED,
            proof=f"{action} on {resource}: {why}",
        )


def _told(statement: Statement) -> str:
    who = ", ".join(statement.principals) or "whoever it does not name"
    where = f" from {', '.join(statement.sources)}" if statement.sources else ""
    kind = " (API Gateway)" if "apigateway.amazonaws.com" in statement.principals else ""
    return f"{statement.sid or 'without Sid'} lets {who}{kind} invoke it{where}"


def _role(identity: Identity) -> str | None:
    """The role or user behind the credentials, as IAM names it; None where there is none.

    The ARN of a session lacks the role's path: a role with one is not found.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    session = re.fullmatch(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+", identity.arn)
    if session is not None:
        return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}"
    return identity.arn if re.fullmatch(r"arn:[^:]+:iam::\d{12}:user/.+", identity.arn) else None
