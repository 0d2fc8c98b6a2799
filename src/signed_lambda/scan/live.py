"""What is live around the deployed function, as edges beside those of the templates.

A bucket of a template and the bucket that AWS names are one where the names are equal, or where
CloudFormation made the name of the template's; an edge that both tell is one. What AWS decides
replaces what was only possible; what the role may not see makes it possible at most.

The live environment is secret: a value of it enters only as the name of a resource that something
else has named (`Graph` sees to it), and its variables stand for it elsewhere.
Pure. Imports `triggers`, `graph`, `binding` and what they import.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.scan.binding import handler_at
from signed_lambda.scan.graph import KIND_OF, Graph, with_environment
from signed_lambda.scan.infra.filters import recursion_of, scope_of
from signed_lambda.scan.infra.model import (
    Edge,
    Function,
    KeyFilter,
    Place,
    is_known,
    name_in,
    ref,
)
from signed_lambda.scan.matching import loaded
from signed_lambda.scan.own import of_event
from signed_lambda.scan.selection import Filter
from signed_lambda.scan.values import Env, Lit, Ref, Str, text
from signed_lambda.triggers import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from signed_lambda.scan.infra.model import Infra
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.triggers import LiveTriggers

_POLICY: Final = "lambda:GetPolicy"
_MAPPINGS: Final = "lambda:ListEventSourceMappings"
_RULES: Final = "events:ListRuleNamesByTarget"
_OFF: Final = ("Disabled", "Disabling", "Deleting")
_ARN: Final = {
    # service: kind, what cuts the resource, and which part of it is the name
    # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    "lambda": ("function", ":", 1),
    "sqs": ("queue", ":", 0),
    "sns": ("topic", ":", 0),
    "dynamodb": ("table", "/", 1),
    "kinesis": ("stream", "/", 1),
    "firehose": ("delivery", "/", 1),
    "states": ("machine", ":", 1),
    "events": ("bus", "/", 1),
    "s3": ("bucket", "/", 0),
}
_GENERATED: Final = "-[A-Za-z0-9]{8,16}"
"""Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html"""


_LOOKED_AT: Final[dict[str, Literal["bucket", "topic", "bus"]]] = {
    "s3": "bucket",
    "sns": "topic",
    "events": "bus",
}


def named_by_code(sinks: Iterable[Sink], environment: Mapping[str, str]) -> tuple[Named, ...]:
    """The buckets, topics and buses that the code writes to, as far as their names are known."""
    clear = {name: text(value) for name, value in environment.items()}
    found: dict[str, Named] = {}
    for sink in sinks:
        kind = _LOOKED_AT.get(sink.service)
        for value in sink.targets if kind is not None else ():
            if kind is None or not isinstance(value, Str) or of_event(value) is not None:
                continue
            name = with_environment(value, clear).literal
            if name:
                name = name.removeprefix("arn:aws:s3:::") if kind == "bucket" else name
                found.setdefault(name, Named(kind, name, _spelled(value)))
    return tuple(found.values())


def _spelled(value: Str) -> str:
    """As the code says it: variables by their names."""
    return "".join(
        a.text if isinstance(a, Lit) else f"${{{a.name}}}"
        for a in value.atoms
        if isinstance(a, Lit | Env)
    )


def add(
    infra: Infra, program: Program, sinks: Iterable[Sink], live: LiveTriggers
) -> set[tuple[str, Str]]:
    """Adds what is live, and takes away what it decides.

    Returns:
        Kinds of triggers that need no guess any more, each with the function.
    """
    mine = _mine(infra, program, live)
    told: set[tuple[str, Str]] = set()
    for function in mine:
        function.live_env = dict(live.environment)
        if live.recursive_loop is not None and function.recursive_loop is None:
            function.recursive_loop = recursion_of(live.recursive_loop)
            said = f"live answer of lambda:GetFunctionRecursionConfig: {live.recursive_loop}"
            at = replace(function.place, text=said)
            function.allowed_at = at if function.recursive_loop == "Allow" else None
        edges = _Edges(live, function, certain=len(mine) == 1)
        edges.read()
        edges.guess([s for s in sinks if s.entry is function.code and function.code is not None])
        _take_away(infra, live, function)
        infra.edges.extend(edges.found)
        told |= {(kind, ref(function.id)) for kind in edges.decided()}
    _name_resources(infra, mine, live)
    _merge(infra)
    return told


def _mine(infra: Infra, program: Program, live: LiveTriggers) -> tuple[Function, ...]:
    """The deployed function among those that were read; several where that is not known."""
    code = handler_at(program, live.handler)
    named = [f for f in infra.functions if f.name is not None and f.name.literal == live.function]
    if code is None:
        return tuple(named)
    fitting = [f for f in infra.functions if f.code is code]
    chosen = [f for f in named if f.code is code] or [f for f in named if f.code is None] or fitting
    if not chosen:
        place = Place(code.module.path, code.line)
        chosen = [Function(f"{code.module.key}#{code.name or 'this function'}", "function", place)]
        infra.add(chosen[0])
    for function in named:
        if function not in chosen and function.code is not None:
            function.name = None  # another handler of the same package
    for function in chosen:
        function.code = code
        if len(chosen) == 1:
            function.name, function.certain = text(live.function), True
    return tuple(chosen)


class _Edges:
    """The edges around one function."""

    def __init__(self, live: LiveTriggers, function: Function, *, certain: bool) -> None:
        self.live, self.function, self.certain = live, function, certain
        self.me = ref(function.id)
        self.found: list[Edge] = []

    def thing(self, arn: str) -> tuple[str, Str] | None:
        """Kind and name of what an ARN names; what is of another account is named so."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[2] not in _ARN:  # noqa: PLR2004 - of an ARN
            return None
        kind, cut, place = _ARN[parts[2]]
        names = parts[5].split(cut)
        if place >= len(names) or (kind == "bus" and names[0] != "event-bus"):
            return None
        here = (parts[3] or self.live.region, parts[4] or self.live.account)
        if here != (self.live.region, self.live.account):
            return kind, text(f"{names[place]} ({' '.join(here)})")
        if kind == "function" and names[place] == self.live.function:
            return kind, self.me
        return kind, text(names[place])

    def add(
        self,
        source: tuple[str, Str] | None,
        target: tuple[str, Str] | None,
        api: str,
        said: str,
        *,
        filters: tuple[KeyFilter, ...] = (),
        events: tuple[str, ...] = (),
        certain: bool = True,
        how: str = "",
        selects: bool = False,
        takes: Filter | None = None,
    ) -> None:
        """Keeps an edge, with what AWS said of it."""
        if source is None or target is None:
            return
        place = Place("", 0, f"live answer of {api}: {said}")
        self.found.append(
            Edge(
                source[1],
                source[0],
                target[1],
                target[0],
                place,
                filters,
                events,
                certain=certain and self.certain,
                how=how,
                selects=selects,
                takes=takes,
            )
        )

    # -- what was seen

    def read(self) -> None:
        """The edges of every answer."""
        me = ("function", self.me)
        for source in self.live.event_sources:
            if source.state not in _OFF:
                said = f"{source.arn} starts it" + (", filtered" if source.filters else "")
                takes = Filter(tuple(map(loaded, source.filters))) if source.filters else None
                self.add(self.thing(source.arn), me, _MAPPINGS, said, takes=takes)
        self._buckets()
        self._topics()
        self._rules()
        self._granted()
        self._sent_on()

    def _buckets(self) -> None:
        for name, sent in self.live.buckets.items():
            for one in sent or ():
                keys = " and ".join(
                    f"{what} {end!r}"
                    for what, end in (("prefix", one.prefix), ("suffix", one.suffix))
                    if end
                )
                said = f"{name} sends {', '.join(one.events)}" + (f" of {keys}" if keys else "")
                self.add(
                    ("bucket", text(name)),
                    self.thing(one.target),
                    "s3:GetBucketNotificationConfiguration",
                    f"{said} to {one.target}",
                    filters=(KeyFilter(one.prefix, one.suffix),) if keys else (),
                    events=one.events,
                )

    def _topics(self) -> None:
        for arn, subscriptions in self.live.topics.items():
            for one in subscriptions or ():
                if one.protocol not in ("lambda", "sqs") or not one.arn.startswith("arn:"):
                    continue
                takes, how = None, ", its filter was not seen"
                if one.takes is not None:
                    how = ", by its filter policy" if one.takes.policy else ""
                    patterns = (loaded(one.takes.policy),)
                    takes = Filter(patterns, scope_of(one.takes.scope)) if how else None
                self.add(
                    self.thing(arn),
                    self.thing(one.endpoint),
                    "sns:ListSubscriptionsByTopic",
                    f"{arn} sends to {one.endpoint}{how}",
                    selects=one.takes is None,
                    takes=takes,
                )

    def _rules(self) -> None:
        for arn, rule in self.live.rules.items():
            if rule is None:
                bus = _bus_of(arn)
                self._perhaps(("bus", text(bus)), f"{arn} starts it", "events:DescribeRule")
            elif rule.enabled and rule.pattern:
                self.add(
                    ("bus", text(rule.bus)),
                    ("function", self.me),
                    "events:DescribeRule",
                    f"{arn} starts it with what its pattern matches",
                    takes=Filter((loaded(rule.pattern),)),
                )

    def _granted(self) -> None:
        """What may start it by its policy, where nothing else tells whether it does."""
        for one in self.live.permissions:
            thing = self.thing(one.source_arn)
            if thing is None:
                continue
            kind, name = thing[0], one.source_arn.rpartition(":")[2]
            unseen = {
                "bucket": self.live.buckets.get(name, ()) is None,
                "topic": self.live.topics.get(one.source_arn, ()) is None,
                "function": True,
                "machine": True,
            }
            why = {"bucket": "s3:GetBucketNotification", "topic": "sns:ListSubscriptionsByTopic"}
            if unseen.get(kind):
                self._perhaps(thing, f"{one.source_arn} may start it", why.get(kind, ""))

    def _perhaps(self, source: tuple[str, Str], said: str, unseen: str) -> None:
        if unseen:
            said += f"; whether it does was not seen, {unseen} is missing"
        self.add(source, ("function", self.me), _POLICY, said, certain=False)

    def _sent_on(self) -> None:
        """Destinations, the dead-letter queue, and the log."""
        me = ("function", self.me)
        config = "lambda:GetFunctionConfiguration"
        for arn, api in (
            *((d, "lambda:GetFunctionEventInvokeConfig") for d in self.live.destinations),
            (self.live.dead_letter, config),
        ):
            self.add(me, self.thing(arn), api, f"{arn} gets what ends here", how="destination")
        group = ("logs", text(self.live.log_group))
        for one in self.live.log_subscriptions:
            said = f"{self.live.log_group} is sent to {one.destination}"
            said += ", filtered" if one.pattern else ""
            to = self.thing(one.destination)
            api = "logs:DescribeSubscriptionFilters"
            self.add(group, to, api, said, selects=bool(one.pattern))
        usual = f"/aws/lambda/{self.live.function}"
        if self.live.log_subscriptions and self.live.log_group != usual:
            self.add(me, group, config, f"{self.live.log_group} is its log", how="log")

    # -- what was not seen

    def guess(self, sinks: Iterable[Sink]) -> None:
        """What the code writes to may start it, where the role may see nearly all but this."""
        live = self.live
        if not live.seen:
            return
        blind = live.blind(_POLICY)
        services = {p.principal.partition(".")[0] for p in live.permissions}
        missing: dict[str, str] = {}
        if live.blind(_MAPPINGS):
            missing |= dict.fromkeys(("queue", "table", "stream"), _MAPPINGS)
        if live.blind(_RULES) and (blind or "events" in services):
            missing["bus"] = _RULES
        if blind and live.blind("s3:GetBucketNotification"):
            missing["bucket"] = "s3:GetBucketNotification"
        if blind and live.blind("sns:ListSubscriptionsByTopic"):
            missing["topic"] = "sns:ListSubscriptionsByTopic"
        for sink in sinks:
            kind = KIND_OF.get(sink.service, "")
            for value in sink.targets if kind in missing else ():
                if isinstance(value, Str) and of_event(value) is None:
                    source = with_environment(value, self.function.shown_env)
                    if is_known(source):
                        said = f"what starts it was not seen, {missing[kind]} is missing"
                        edge = Place("", 0, said)
                        self.found.append(
                            Edge(source, kind, self.me, "function", edge, certain=False)
                        )

    def decided(self) -> set[str]:
        """Kinds of triggers that AWS has told of, so that what the event says adds nothing.

        Of a bucket the event alone says too little; that no bucket starts the function is known
        where every way for one to do so was seen.
        """
        found = {e.source_kind for e in self.found if e.target == self.me and e.certain}
        live = self.live
        granted = [p for p in live.permissions if p.principal.startswith(("s3.", "*"))]
        whole = all(live.buckets.get(p.source_arn.rpartition(":")[2]) is not None for p in granted)
        through = {e.source_kind for e in self.found if e.target == self.me}
        if whole and live.seen and not live.blind(_POLICY, _MAPPINGS, _RULES):
            found |= set() if through & {"queue", "topic", "bus"} else {"bucket"}
        return found


def _bus_of(rule: str) -> str:
    path = rule.rpartition(":rule/")[2]
    return path.partition("/")[0] if "/" in path else "default"


# -- live and template


def _take_away(infra: Infra, live: LiveTriggers, function: Function) -> None:
    """Removes triggers that a template only says to be possible, where AWS was seen to decide."""
    names = Graph(infra)
    me = names.node_of(function)
    topics = {arn.rpartition(":")[2] for arn, found in live.topics.items() if found is not None}
    buckets = {name for name, found in live.buckets.items() if found is not None}

    def is_decided(edge: Edge) -> bool:
        if edge.certain or names.node(edge.target_kind, edge.target) != me:
            return False
        source = names.node(edge.source_kind, edge.source)
        if edge.source_kind in ("queue", "table", "stream"):
            return not live.blind(_MAPPINGS)
        seen = {"bucket": buckets, "topic": topics}.get(edge.source_kind, set())
        return source is not None and source.label in seen

    infra.edges[:] = [edge for edge in infra.edges if not is_decided(edge)]


def _name_resources(infra: Infra, mine: tuple[Function, ...], live: LiveTriggers) -> None:
    """Gives resources of the templates the names that AWS was seen to use for them.

    By a variable of the function that the template sets to the resource, or by the form of the
    names that CloudFormation makes. Only names that AWS itself has told.
    """
    known = {
        (kind, value.literal)
        for e in infra.edges
        if not e.place.path
        for kind, value in ((e.source_kind, e.source), (e.target_kind, e.target))
        if value.literal
    }
    free = [r for r in infra.resources.values() if r.name is None]
    for function in mine if len(mine) == 1 else ():
        for variable, given in function.env.items():
            atom = given.atoms[0] if len(given.atoms) == 1 else None
            value = live.environment.get(variable, "")
            called = name_in(text(value)).literal
            for resource in free:
                of = infra.aliases.get(atom.of, atom.of) if isinstance(atom, Ref) else ""
                if of == resource.id and (resource.kind, called) in known and called:
                    resource.name = text(called)
    taken = {(r.kind, r.name.literal) for r in infra.resources.values() if r.name is not None}
    for resource in free:
        said = re.escape(resource.id.rpartition("#")[2])
        form = re.compile(rf"(?i)(?:.+-)?{said}{_GENERATED}")
        fit = [n for k, n in known - taken if k == resource.kind and n and form.fullmatch(n)]
        if resource.name is None and len(fit) == 1:
            resource.name = text(fit[0])


def _merge(infra: Infra) -> None:
    """One edge where a template and AWS tell the same; its evidence names both."""
    names = Graph(infra)
    declared: dict[object, int] = {}
    kept: list[Edge] = []
    for edge in infra.edges:
        same = (
            names.node(edge.source_kind, edge.source),
            names.node(edge.target_kind, edge.target),
            edge.filters,
            frozenset(edge.events),
            (edge.certain, edge.how, edge.selects, edge.takes is None),
        )
        at = declared.get(same)
        if at is None or edge.place.path or not kept[at].place.path or None in same:
            declared.setdefault(same, len(kept))
            kept.append(edge)
        else:
            before = kept[at].place
            both = replace(before, text=f"{before.text}; {edge.place.text}".lstrip("; "))
            kept[at] = replace(kept[at], place=both)
    infra.edges[:] = list(kept)


def spelled_triggers(live: LiveTriggers) -> Iterator[str]:
    """What starts the function, in short, for the log."""
    counts = {
        "event source mappings": len(live.event_sources),
        "buckets": sum(bool(found) for found in live.buckets.values()),
        "topics": sum(bool(found) for found in live.topics.values()),
        "rules": len(live.rules),
        "log subscriptions": len(live.log_subscriptions),
    }
    yield from (f"{number} {what}" for what, number in counts.items() if number)
