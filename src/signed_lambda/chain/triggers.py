"""Looks at what triggers the function in the account, for the static review.

Every read is optional: one that is refused or does not come is kept with its reason, and never ends
the run. They are made in three rounds, in each of them side by side: what hangs on the function,
begun beside the rest of the look at AWS; the buckets, topics and rules that this and the code name;
the filters of the subscriptions. Reads only; decides nothing about findings.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from signed_lambda.errors import AccessError, Cancelled, DeployError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.triggers import Listed, LiveTriggers, Unseen

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future

    from signed_lambda.chain.observe import Subject
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import FunctionConfiguration
    from signed_lambda.triggers import (
        EventRule,
        EventSource,
        FilterPolicy,
        Named,
        Notification,
        Permission,
        Subscription,
    )

T = TypeVar("T")
MOST: Final = 20
"""So many buckets, so many topics, so many rules are looked at; that it was cut is said."""
_RULE: Final = regex(r"arn:[^:]+:events:[^:]*:[^:]*:rule/(?:(?P<bus>[^/]+)/)?(?P<name>[^/*]+)")
_FORMS: Final = {
    # Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    "bucket": regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    # Source: https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html
    "topic": regex(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}"),
    # Source: botocore model events 2015-10-07, EventBusNameOrArn
    "bus": regex(r"(?:arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/)?[\w./-]{1,256}"),
}
"""A value of another form names no such thing, and is not sent to AWS."""


@dataclass(slots=True)
class _Question(Generic[T]):
    """One read.

    Attributes:
        action: IAM action.
        resource: ARN as a reader may see it.
        answer: None until it came, or when it did not.
        why: It did not come, or not whole.
    """

    action: str
    resource: str
    read: Callable[[], T] = field(repr=False)
    answer: T | None = None
    why: str = ""

    def ask(self) -> None:
        """Reads; a failure is kept as its reason.

        Raises:
            Cancelled: The run was stopped.
        """
        try:
            self.answer = self.read()
        except Cancelled:
            raise
        except AccessError:
            self.why = "not allowed"
        except DeployError as error:
            self.why = f"no answer, {error.problems[0].id}"
        else:
            if isinstance(self.answer, Listed) and not self.answer.whole:
                self.why = "only the first ten pages were read"


class TriggerLook:
    """The look at what starts the function, and at what the resources around it start; under way.

    The function is looked at unqualified, by the alias, and by the version that the alias has.
    """

    def __init__(self, bench: Workbench, order: Order, subject: Subject) -> None:
        """Begins the first round.

        Args:
            bench: The means.
            order: What was asked for.
            subject: Whom it is about.
        """
        self.bench, self.cloud, self.order = bench, bench.cloud, order
        self.identity, self.function, alias = subject.identity, subject.function, subject.alias
        self.environment = _environment(self.function)
        self.written: list[Named] = []
        self.qualifiers = ("", alias.name, alias.version) if alias is not None else ("",)
        self.asked: list[_Question[object]] = []
        self.sent: list[Future[None]] = []
        self.unseen: list[Unseen] = []
        self.permissions: list[_Question[tuple[Permission, ...]]] = []
        self.event_sources: list[_Question[Listed[EventSource]]] = []
        self.destinations: list[_Question[tuple[str, ...]]] = []
        self.rule_names: list[tuple[str, _Question[Listed[str]]]] = []
        self.buckets: dict[str, _Question[tuple[Notification, ...]]] = {}
        self.topics: dict[str, _Question[Listed[Subscription]]] = {}
        self.rules: dict[str, _Question[EventRule | None]] = {}
        self.filters: dict[str, _Question[FilterPolicy]] = {}
        self._at_the_function()

    def triggers(self, named: Callable[[Mapping[str, str]], Iterable[Named]]) -> LiveTriggers:
        """What was seen, once all three rounds have ended.

        Args:
            named: What the code writes to, given the function's environment.

        Raises:
            Cancelled, DeadlineError: The run is over.
        """
        self.written = [
            one for one in named(self.environment) if _FORMS[one.kind].fullmatch(one.name)
        ]
        self._at_the_buses()
        self._answered()
        self._around_it()
        self._answered()
        self._at_the_filters()
        self._answered()
        self.bench.deadline.check("looking at the live triggers")
        return self._seen()

    # -- rounds

    def _at_the_function(self) -> None:
        """Its policies, mappings, destinations, rules and log."""
        cloud, name = self.cloud, self.order.function
        self.recursive_loop = self._question(
            "lambda:GetFunctionRecursionConfig", self._arn(""), partial(cloud.recursive_loop, name)
        )
        group = self._log_group()
        self.log_subscriptions = self._question(
            "logs:DescribeSubscriptionFilters",
            self._in_region("logs", f"log-group:{group}"),
            partial(cloud.log_subscriptions, group),
        )
        for qualifier in self.qualifiers:
            arn, given = self._arn(qualifier), qualifier or None
            self.permissions.append(
                self._question("lambda:GetPolicy", arn, partial(cloud.permissions, name, given))
            )
            self.event_sources.append(
                self._question(
                    "lambda:ListEventSourceMappings",
                    "*",
                    partial(cloud.event_sources, name, given),
                )
            )
            self.destinations.append(
                self._question(
                    "lambda:GetFunctionEventInvokeConfig",
                    arn,
                    partial(cloud.destinations, name, given),
                )
            )
            self._rules_of(arn, "default")

    def _at_the_buses(self) -> None:
        """The function's rules on the buses that the code writes to."""
        buses = dict.fromkeys(
            w.name for w in self.written if w.kind == "bus" if w.name != "default"
        )
        for qualifier in self.qualifiers:
            for bus in self._first(buses, "events:ListRuleNamesByTarget", "*"):
                self._rules_of(self._arn(qualifier), bus)

    def _rules_of(self, arn: str, bus: str) -> None:
        question = self._question(
            "events:ListRuleNamesByTarget", "*", partial(self.cloud.rule_names, arn, bus)
        )
        self.rule_names.append((bus, question))

    def _around_it(self) -> None:
        """The buckets, topics and rules that the policy or the code names."""
        granted = [p for q in self.permissions for p in q.answer or ()]
        buckets, topics = dict[str, str](), dict[str, str]()
        for arn in (p.source_arn for p in granted):
            name = arn.rpartition(":")[2]
            if ":s3:" in arn and _FORMS["bucket"].fullmatch(name):
                buckets[name] = arn
            elif _FORMS["topic"].fullmatch(arn):
                topics[arn] = arn
        for one in self.written:
            if one.kind == "bucket":
                buckets.setdefault(one.name, self._bucket(one.spelled))
            elif one.kind == "topic":
                topics.setdefault(one.name, one.spelled)
        rules = {(m["bus"] or "default", m["name"]) for p in granted if (m := _named_rule(p))}
        rules |= {
            (bus.rpartition("/")[2], name)
            for bus, q in self.rule_names
            for name in (q.answer.items if q.answer else ())
        }
        for name in self._first(buckets, "s3:GetBucketNotification", "*"):
            self.buckets[name] = self._question(
                "s3:GetBucketNotification", buckets[name], partial(self.cloud.notifications, name)
            )
        for arn in self._first(topics, "sns:ListSubscriptionsByTopic", "*"):
            self.topics[arn] = self._question(
                "sns:ListSubscriptionsByTopic", topics[arn], partial(self.cloud.subscriptions, arn)
            )
        for bus, name in self._first(sorted(rules), "events:DescribeRule", "*"):
            arn = self._rule(bus, name)
            self.rules[arn] = self._question(
                "events:DescribeRule", arn, partial(self.cloud.rule, name, bus)
            )

    def _at_the_filters(self) -> None:
        """Whether the subscriptions that lead to a function or a queue have a filter policy."""
        found = {
            s.arn: s
            for q in self.topics.values()
            for s in (q.answer.items if q.answer else ())
            if s.protocol in ("lambda", "sqs") and s.arn.startswith("arn:")
        }
        for arn in self._first(found, "sns:GetSubscriptionAttributes", "*"):
            self.filters[arn] = self._question(
                "sns:GetSubscriptionAttributes", "*", partial(self.cloud.filter_policy, arn)
            )

    def _seen(self) -> LiveTriggers:
        """Everything together."""
        logs = self.log_subscriptions.answer
        return LiveTriggers(
            function=self.order.function,
            account=self.identity.account,
            region=self.identity.region,
            handler=(self.function.handler or "") if self.function else "",
            environment=self.environment,
            log_group=self._log_group(),
            dead_letter=_inside(self.function, "DeadLetterConfig", "TargetArn"),
            destinations=_once(d for q in self.destinations for d in q.answer or ()),
            recursive_loop=self.recursive_loop.answer,
            permissions=_once(p for q in self.permissions for p in q.answer or ()),
            event_sources=_once(
                s for q in self.event_sources for s in (q.answer.items if q.answer else ())
            ),
            buckets={name: q.answer for name, q in self.buckets.items()},
            topics={arn: self._subscriptions(q) for arn, q in self.topics.items()},
            rules={arn: q.answer for arn, q in self.rules.items() if q.why or q.answer},
            log_subscriptions=logs.items if logs else (),
            qualifiers=self.qualifiers,
            unseen=tuple(self.unseen),
            calls=len(self.asked),
        )

    def _subscriptions(
        self, question: _Question[Listed[Subscription]]
    ) -> tuple[Subscription, ...] | None:
        if question.answer is None:
            return None
        known = {arn: q.answer for arn, q in self.filters.items()}
        return tuple(replace(s, takes=known.get(s.arn)) for s in question.answer.items)

    # -- asking

    def _question(self, action: str, resource: str, read: Callable[[], T]) -> _Question[T]:
        question = _Question(action, resource, read)
        self.asked.append(question)  # type: ignore[arg-type] # its answer is not written from here
        self.sent.append(self.bench.ask(question.ask))
        return question

    def _answered(self) -> None:
        """Waits for the questions of a round."""
        waiting, self.sent = self.sent, []
        for sent in waiting:
            sent.result()
        new = self.asked[-len(waiting) :] if waiting else []
        self.unseen += [Unseen(q.action, q.resource, q.why) for q in new if q.why]

    def _first(self, found: Iterable[T], action: str, resource: str) -> list[T]:
        """As many as are looked at."""
        wanted = [*found]
        if len(wanted) > MOST:
            why = f"only the first {MOST} of {len(wanted)} were looked at"
            self.unseen.append(Unseen(action, resource, why))
        return wanted[:MOST]

    # -- names

    def _in_region(self, service: str, rest: str) -> str:
        here = self.identity
        return f"arn:{here.partition}:{service}:{here.region}:{here.account}:{rest}"

    def _arn(self, qualifier: str) -> str:
        tail = f":{qualifier}" if qualifier else ""
        return self._in_region("lambda", f"function:{self.order.function}{tail}")

    def _rule(self, bus: str, name: str) -> str:
        return self._in_region("events", f"rule/{name if bus == 'default' else f'{bus}/{name}'}")

    def _bucket(self, name: str) -> str:
        return f"arn:{self.identity.partition}:s3:::{name}"

    def _log_group(self) -> str:
        """Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html."""
        given = _inside(self.function, "LoggingConfig", "LogGroup")
        return given or f"/aws/lambda/{self.order.function}"


def _once(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


def _named_rule(permission: Permission) -> re.Match[str] | None:
    return _RULE.fullmatch(permission.source_arn)


def _inside(function: FunctionConfiguration | None, member: str, name: str) -> str:
    """A text of the configuration, "" when it is not there."""
    inside = function.content.get(member) if function is not None else None
    found = inside.get(name) if isinstance(inside, dict) else None
    return found if isinstance(found, str) else ""


def _environment(function: FunctionConfiguration | None) -> dict[str, str]:
    """The variables of $LATEST, empty where Lambda could not decrypt them."""
    inside = function.content.get("Environment") if function is not None else None
    variables = inside.get("Variables") if isinstance(inside, dict) else None
    return (
        {k: v for k, v in variables.items() if isinstance(k, str) and isinstance(v, str)}
        if isinstance(variables, dict)
        else {}
    )
