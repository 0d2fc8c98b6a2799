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
from signed_lambda.latest import INVOKE, LockState, Unseen, Way, of_latest
from signed_lambda.lazy import dataclass, regex
from signed_lambda.report.model import Status
from signed_lambda.triggers import Listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import FunctionConfiguration, Identity
    from signed_lambda.latest import Statement, WayKind

T = TypeVar("T")
LATEST: Final = "$LATEST"
MOST: Final = 20
"""So many buckets, topics and buses of the policy are looked at; that it was cut is said."""
STEP: Final = "latest"
LOCK_STEP: Final = "lock"
BY_PERMISSION: Final[tuple[WayKind, ...]] = (
    "policy statement",
    "EventBridge rule",
    "S3 notification",
    "SNS subscription",
)
"""Kinds that are found by the statements of the function's policy: without it none is known."""
_BUCKET: Final = regex(r"arn:[a-z-]+:s3:::(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
_TOPIC: Final = regex(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_BUS: Final = regex(r"arn:[a-z-]+:events:[^:]*:[^:]*:rule/(?P<bus>[\w.-]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class Latest:
    """What is known of `$LATEST`.

    Attributes:
        ways: That lead to it now.
        lock: What keeps callers from it.
        why: How that is known, for a reader.
        unseen: What could not be looked at: `ways` may lack what it hides.
    """

    ways: tuple[Way, ...]
    lock: LockState
    why: str
    unseen: tuple[Unseen, ...]


def tell_recursion(bench: Workbench, function: FunctionConfiguration, answer: Future[str]) -> None:
    """Tells whether Lambda would stop the function when it starts itself again and again.

    Args:
        bench: The means.
        function: Which.
        answer: `Cloud.recursive_loop` of it, under way.

    Raises:
        Cancelled: The run was stopped.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    asked = _Asked()
    loop = asked.take(
        "lambda:GetFunctionRecursionConfig", unqualified(function.arn), answer, hides=()
    )
    if loop is not None:
        stops = loop == "Terminate"
        bench.journal.fact(
            step="recursion",
            title="Recursive loops",
            status=Status.OK if stops else Status.WARNING,
            proof="Lambda stops them" if stops else f"RecursiveLoop is {loop}: Lambda stops none",
        )
    _tell_unseen(bench, asked.unseen)


class LatestLook:
    """The look at `$LATEST`, begun: what needs no other answer is under way from the start.

    Its answers are taken in the order of the story, so that what is told is what it would be if
    each question waited for the one before.
    """

    def __init__(self, bench: Workbench, order: Order) -> None:
        """Begins the first questions."""
        cloud, name = bench.cloud, order.function
        self._bench, self._order = bench, order
        self._statements = bench.ask(lambda: cloud.statements(name))
        self._mappings = [
            bench.ask(partial(cloud.event_sources, name, qualifier)) for qualifier in (None, LATEST)
        ]
        self._urls = bench.ask(lambda: cloud.function_urls(name))
        self._further: _Further | None = None

    def go_on(self, observed: Observed) -> None:
        """Begins the questions that the first answers make necessary."""
        self._further = _Further(self._bench, self._order, observed, self._statements)

    def tell(self) -> Latest:
        """What leads to `$LATEST`; tells it in the journal.

        Raises:
            Cancelled, DeadlineError: The run is over.
        """
        further, asked = self._known, _Asked()
        statements = asked.take(
            "lambda:GetPolicy", further.arn, self._statements, hides=BY_PERMISSION
        )
        locked = [s for s in statements or () if s.locks(further.arn)]
        ways = [
            *(
                Way("policy statement", _told(s), by_policy=True)
                for s in statements or ()
                if s.opens(further.arn)
            ),
            *self._polled(asked),
            *self._served(asked),
            *further.ways(asked),
        ]
        open_ways = tuple(w for w in ways if not (locked and w.by_policy))
        lock, why = further.lock(asked, statements, locked)
        self._bench.deadline.check(f"looking at $LATEST of {self._order.function}")
        latest = Latest(open_ways, lock, why, tuple(asked.unseen))
        _tell(self._bench, self._order, latest)
        return latest

    @property
    def _known(self) -> _Further:
        if self._further is None:
            raise ValueError("the look at $LATEST was not gone on with")
        return self._further

    def _polled(self, asked: _Asked) -> Iterator[Way]:
        """Lambda polls with the function's own role: no resource policy is asked."""
        hides: tuple[WayKind, ...] = ("event source mapping",)
        for mappings in self._mappings:
            found = asked.take("lambda:ListEventSourceMappings", "*", mappings, hides=hides)
            for one in found.items if found is not None else ():
                what = f"{one.arn or 'a source outside of AWS'} ({one.state})"
                yield Way("event source mapping", what, by_policy=False)

    def _served(self, asked: _Asked) -> Iterator[Way]:
        arn = self._known.arn
        found = asked.take(
            "lambda:ListFunctionUrlConfigs", arn, self._urls, hides=("function URL",)
        )
        for url in found.items if found is not None else ():
            if url.arn in of_latest(arn):
                yield Way("function URL", f"AuthType {url.auth}", by_policy=True)


class _Asked:
    """Takes answers; what was not seen is kept with its reason."""

    def __init__(self) -> None:
        self.unseen: list[Unseen] = []

    def take(
        self, action: str, resource: str, answer: Future[T], *, hides: tuple[WayKind, ...]
    ) -> T | None:
        """The answer; a refusal or a failure is kept as its reason.

        Args:
            action: Of IAM.
            resource: That it is about.
            answer: Under way.
            hides: Kinds of ways that nobody knows of without it.

        Raises:
            Cancelled: The run was stopped.
        """
        try:
            found = answer.result()
        except Cancelled:
            raise
        except AccessError:
            self.unseen.append(Unseen(action, resource, "not allowed", hides))
            return None
        except DeployError as error:
            self.unseen.append(
                Unseen(action, resource, f"no answer, {error.problems[0].id}", hides)
            )
            return None
        if isinstance(found, Listed) and not found.whole:
            self.unseen.append(
                Unseen(action, resource, "only the first ten pages were read", hides)
            )
        return found

    def cut(self, action: str, wanted: int, *, hides: tuple[WayKind, ...]) -> None:
        """Only the first of so many were looked at."""
        if wanted > MOST:
            why = f"only the first {MOST} of {wanted} were looked at"
            self.unseen.append(Unseen(action, "*", why, hides))


class _Further:
    """Questions about what the function's policy names, all begun at once."""

    def __init__(
        self,
        bench: Workbench,
        order: Order,
        observed: Observed,
        statements: Future[tuple[Statement, ...]],
    ) -> None:
        cloud, here = bench.cloud, observed.identity
        self.arn = arn = (
            unqualified(observed.function.arn)
            if observed.function is not None
            else f"arn:{here.partition}:lambda:{here.region}:{here.account}"
            f":function:{order.function}"
        )
        self._partition = here.partition
        seen = statements.result() if statements.exception() is None else ()
        sources = [source for s in seen if s.opens(arn) for source in s.sources]
        self._buses = [
            "default",
            *(m["bus"] for s in sources if (m := _BUS.fullmatch(s))),
        ]
        self._rules = [
            (bus, bench.ask(partial(cloud.rule_names, target, bus)))
            for bus in _first(self._buses)
            for target in of_latest(arn)
        ]
        self._buckets = [m["name"] for s in sources if (m := _BUCKET.fullmatch(s))]
        self._notified = [
            (one, bench.ask(partial(cloud.notifications, one))) for one in _first(self._buckets)
        ]
        self._topics = [s for s in sources if _TOPIC.fullmatch(s)]
        self._subscribed = [
            (one, bench.ask(partial(cloud.subscriptions, one))) for one in _first(self._topics)
        ]
        role = self._role = _role(here)
        asked = role is not None and statements.exception() is None
        asked = asked and not any(s.locks(arn) for s in seen)
        self._simulated = (
            bench.ask(lambda: cloud.simulated(role, INVOKE, of_latest(arn)))
            if asked and role is not None
            else None
        )

    def ways(self, asked: _Asked) -> Iterator[Way]:
        """Ways of services that the policy names, in the order of the questions."""
        yield from self._by_rules(asked)
        yield from self._by_buckets(asked)
        yield from self._by_topics(asked)

    def _by_rules(self, asked: _Asked) -> Iterator[Way]:
        action = "events:ListRuleNamesByTarget"
        hides: tuple[WayKind, ...] = ("EventBridge rule",)
        asked.cut(action, len({*self._buses}), hides=hides)
        for bus, answer in self._rules:
            rules = asked.take(action, "*", answer, hides=hides)
            for rule in rules.items if rules is not None else ():
                yield Way("EventBridge rule", f"{bus}/{rule}", by_policy=True)

    def _by_buckets(self, asked: _Asked) -> Iterator[Way]:
        action = "s3:GetBucketNotification"
        hides: tuple[WayKind, ...] = ("S3 notification",)
        asked.cut(action, len({*self._buckets}), hides=hides)
        for bucket, notified in self._notified:
            arn = f"arn:{self._partition}:s3:::{bucket}"
            for one in asked.take(action, arn, notified, hides=hides) or ():
                if one.target in of_latest(self.arn):
                    what = f"{bucket}: {', '.join(one.events)}"
                    yield Way("S3 notification", what, by_policy=True)

    def _by_topics(self, asked: _Asked) -> Iterator[Way]:
        action = "sns:ListSubscriptionsByTopic"
        hides: tuple[WayKind, ...] = ("SNS subscription",)
        asked.cut(action, len({*self._topics}), hides=hides)
        for topic, subscribed in self._subscribed:
            listed = asked.take(action, topic, subscribed, hides=hides)
            for sub in listed.items if listed is not None else ():
                if sub.protocol == "lambda" and sub.endpoint in of_latest(self.arn):
                    yield Way("SNS subscription", topic, by_policy=True)

    def lock(
        self, asked: _Asked, statements: Iterable[Statement] | None, locked: list[Statement]
    ) -> tuple[LockState, str]:
        """What keeps callers from `$LATEST`, and how that is known."""
        if locked:
            return "policy", f"statement {locked[0].sid or 'without Sid'} denies it to everybody"
        if statements is None:
            return "unseen", "the function's policy was not seen"
        if self._role is None or self._simulated is None:
            return "none", "no statement of the function's policy denies it"
        results = asked.take("iam:SimulatePrincipalPolicy", self._role, self._simulated, hides=())
        if results is None:
            return "none", "no statement of the function's policy denies it to everybody"
        if results and all(r.by_organization is False for r in results):
            why = f"the organization's policies deny it, as simulated for {self._role}"
            return "organization", why
        return "none", (
            "neither a statement of the function's policy nor the organization's policies deny it"
            f" (simulated for {self._role}: {', '.join(r.decision for r in results)})"
        )


def _first(wanted: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(wanted)][:MOST]


def _tell(bench: Workbench, order: Order, latest: Latest) -> None:
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
    elif not latest.unseen:
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
    _tell_unseen(bench, latest.unseen)


def _tell_unseen(bench: Workbench, unseen: Iterable[Unseen]) -> None:
    for one in unseen:
        bench.journal.fact(
            step=STEP,
            title="Look at $LATEST",
            status=Status.SKIPPED,
            proof=str(one),
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
