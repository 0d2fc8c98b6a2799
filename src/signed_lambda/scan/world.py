"""What the rules look at: the program, its sinks, and what was said to be allowed.

Imports the report's model and its own modules; reads no file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.report.model import Finding
from signed_lambda.scan import live as live_triggers
from signed_lambda.scan.binding import bind_code
from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.explore import Explored, explore, is_started
from signed_lambda.scan.front import deep
from signed_lambda.scan.graph import OWN_API, OWN_ROUTE, Graph, event_source
from signed_lambda.scan.infra import chalice
from signed_lambda.scan.infra.model import (
    ENVELOPES,
    NO_ENVELOPE,
    Edge,
    Function,
    Infra,
    Place,
)
from signed_lambda.scan.loopstop import aws, raised
from signed_lambda.scan.own import own
from signed_lambda.scan.program import Program
from signed_lambda.scan.python_files import PythonFiles
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.recorded import recorded_calls
from signed_lambda.scan.values import Lit, Ref, Str, joined
from signed_lambda.scan.watch import untimed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Literal

    from signed_lambda.report.model import Severity
    from signed_lambda.scan.form import Function as CodeFunction
    from signed_lambda.scan.form import Module
    from signed_lambda.scan.graph import Way
    from signed_lambda.scan.reading import Source
    from signed_lambda.scan.sdk import OldSdk
    from signed_lambda.scan.sinks import Sink
    from signed_lambda.scan.watch import Watch
    from signed_lambda.triggers import LiveTriggers

ALLOWANCE: Final = regex(r"(?:#|//)\s*signed-lambda:\s*allow\s+(REC-[A-Z0-9-]+)\s+--\s*(\S.*)")
"""`# signed-lambda: allow REC-SELF-CTX -- reason`, on the line of the finding or the one above."""
_AMPLIFY: Final = regex(r"(?:^|/)function/(\w+)/src/")
"""Where Amplify keeps a function, which its other templates take as `function<Name>Arn`.

Source: https://docs.amplify.aws/gen1/javascript/tools/cli/project/override/
"""
_OF_EVENT: Final = {
    "bucket": "the bucket of the event",
    "topic": "the topic of the event",
    "queue": "the queue of the event",
    "table": "the table of the event",
    "stream": "the stream of the event",
    "delivery": "the delivery stream of the event",
}
_CERTAIN: Final = ("topic", "queue", "table", "stream", "delivery")
"""What an event names has sent it. A bucket may send only some of its keys, an API leads paths."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that was read.

    Attributes:
        ways: From each function back to itself.
        infra: What templates and code declare.
        function_name: What the deployed function is called, "" when unknown.
        python: The function's own Python files, as Python's parser sees them.
        handlers: What Lambda may start.
        functions: What the templates declare as functions, and handlers that none declares.
        complete: False when the budget ended before all calls were looked at.
        sdks: Bundled SDKs that are too old for AWS's recursive-loop detection.
        allowed_by_code: Functions for which code of the package switches that detection off.
    """

    program: Program
    sinks: tuple[Sink, ...]
    ways: tuple[Way, ...]
    infra: Infra
    function_name: str = ""
    complete: bool = True
    python: PythonFiles = field(default_factory=lambda: PythonFiles(()))
    handlers: tuple[CodeFunction, ...] = ()
    functions: tuple[Function, ...] = ()
    sdks: tuple[OldSdk, ...] = ()
    allowed_by_code: tuple[Function, ...] = ()

    def sinks_of(self, *services: str) -> Iterable[Sink]:
        """The sinks of some services."""
        return (s for s in self.sinks if s.service in services)

    def running(self, sink: Sink) -> tuple[Function, ...]:
        """The functions whose handler leads to a call."""
        return tuple(f for f in self.infra.functions if f.code is not None and f.code is sink.entry)

    def on(self, way: Way) -> tuple[Function, ...]:
        """The functions on a way."""
        names = [(hop.target.key.atoms or (None,))[0] for hop in way.hops]
        found = [self.infra.resources.get(a.of) for a in names if isinstance(a, Ref)]
        return tuple(f for f in found if isinstance(f, Function))


@dataclass(frozen=True, slots=True)
class Groundwork:
    """The files of a package and what they call, before anything is known of the account.

    Attributes:
        infra: What the templates declare, bound to the code.
        complete: False when the budget ended before all calls were looked at.
        cut: Files of others, or minified, whose share of it ended.
        unread: Code that was not read, or not followed to its end, beside the program's.
    """

    program: Program
    sinks: tuple[Sink, ...]
    infra: Infra
    function_name: str
    complete: bool
    sdks: tuple[OldSdk, ...] = ()
    cut: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


def world_of(
    files: Iterable[Module | Source],
    function_name: str = "",
    infra: Infra | None = None,
    root: str | None = "",
    sdks: tuple[OldSdk, ...] = (),
) -> World:
    """Puts the files together, without an account; see `groundwork`."""
    return world_around(groundwork(files, function_name, infra, root, sdks))


def groundwork(
    files: Iterable[Module | Source],
    function_name: str = "",
    infra: Infra | None = None,
    root: str | None = "",
    sdks: tuple[OldSdk, ...] = (),
    watch: Watch | None = None,
) -> Groundwork:
    """Looks for the calls in the files.

    Args:
        files: The package's, read or to be read when they are asked for.
        function_name: What the deployed function is called, "" when unknown.
        infra: What the templates declare; is added to.
        root: Where the package lies in the repository, None when it does not.
        sdks: Bundled SDKs that are too old for AWS's recursive-loop detection.
        watch: Ends the work on a file that takes too long; None for files that are known.
    """
    infra, watch = infra or Infra(), watch or untimed()
    inline = list(_inline_code(infra, watch))
    program = Program((*files, *(m for m in inline if not isinstance(m, Unread))))
    program.recorded = recorded_calls(infra)
    bind_code(program, infra, function_name, root)
    evaluator = Evaluator(program, watch)
    given_up = dict(chalice.read(program, evaluator, infra))
    entries = tuple(f.code for f in infra.functions if f.code is not None)
    explored, followed = _explored(program, evaluator, entries)
    given_up |= explored.given_up
    unread = [m for m in inline if isinstance(m, Unread)]
    unread += [Unread(path, f"partly read: {why}") for path, why in given_up.items()]
    complete = followed and not evaluator.is_over
    return Groundwork(
        program,
        explored.sinks,
        infra,
        function_name,
        complete,
        sdks,
        explored.cut,
        tuple(dict.fromkeys(unread)),
    )


def world_around(ground: Groundwork, live: LiveTriggers | None = None) -> World:
    """Puts together what calls and what triggers what.

    Args:
        ground: Of the package; stays as it is.
        live: What was seen in the account, None when nobody looked.
    """
    infra, sinks = ground.infra.copied(), ground.sinks
    _add_undeclared(infra, sinks, ground.function_name)
    declared = _declared(infra)
    if live is not None:
        looked = live_triggers.add(infra, ground.program, sinks, live)
        declared |= {(kind, infra.identity_of(target)) for kind, target in looked}
    _add_events(infra, declared)
    _add_logs(infra)
    graph = Graph(infra)
    of_entry: dict[CodeFunction | None, list[Sink]] = defaultdict(list)
    for sink in sinks:
        of_entry[sink.entry].append(sink)
    for function in infra.functions:
        if function.code is not None:
            graph.add_sinks(function, of_entry[function.code])
    said = _add_recursion(graph, sinks)
    starts = [r for r in infra.resources.values() if r.kind in ("function", "machine")]
    ways = tuple(way for start in starts for way in graph.ways(start))
    program = ground.program
    entries = [f.code for f in ground.infra.functions if f.code is not None]
    started = (f for m in program.modules.values() for f in m.functions if is_started(f, program))
    return World(
        program,
        sinks,
        ways,
        infra,
        ground.function_name,
        ground.complete and not graph.is_over,
        PythonFiles(program.modules.values()),
        tuple(dict.fromkeys((*entries, *started))),
        infra.functions,
        ground.sdks,
        said,
    )


def _explored(
    program: Program, evaluator: Evaluator, entries: Iterable[CodeFunction]
) -> tuple[Explored, bool]:
    """What was found, and whether all were looked for: code that defeats us is not clean."""
    try:
        with deep():
            return explore(program, evaluator, entries), True
    except RecursionError:
        return Explored(()), False


def _inline_code(infra: Infra, watch: Watch) -> Iterator[Module | Unread]:
    """The code that stands in templates; all of one template has the time of one file."""
    for key, inline in infra.inline.items():
        found = read(f"{inline.path}/{inline.name}", inline.source.encode(), watch)
        if isinstance(found, Unread):
            yield Unread(inline.path, f"code in it is {found.why}")
        else:
            found.path, found.key = inline.path, key
            yield found


def _add_undeclared(infra: Infra, sinks: Iterable[Sink], function_name: str) -> None:
    """A handler that no template declares is a function all the same."""
    declared = {f.code for f in infra.functions}
    for entry in dict.fromkeys(sink.entry for sink in sinks):
        if entry is not None and entry not in declared:
            place = Place(entry.module.path, entry.line)
            name = Str((Lit(function_name),)) if function_name else None
            label = f"{entry.module.key}#{entry.name or 'this function'}"
            infra.add(Function(label, "function", place, name, code=entry))
            said = _AMPLIFY.search(entry.module.path)
            for attribute in ("Arn", "Name") if said is not None else ():
                infra.aliases[f"param:function{said[1] if said else ''}{attribute}"] = label


def _declared(infra: Infra) -> set[tuple[str, str]]:
    """The kinds of what starts each function, as far as anything declares it."""
    into: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for edge in infra.edges:
        if edge.how not in NO_ENVELOPE:
            into[infra.identity_of(edge.target)].append(
                (edge.source_kind, infra.identity_of(edge.source))
            )
    found = {(e.source_kind, infra.identity_of(e.target)) for e in infra.edges}
    for function in infra.functions:
        waiting, seen = [function.id], {function.id}
        while waiting:
            for kind, source in into[waiting.pop()]:
                found.add((kind, function.id))
                if kind in ENVELOPES and source not in seen:
                    seen.add(source)
                    waiting.append(source)
    return found


def _add_events(infra: Infra, declared: set[tuple[str, str]]) -> None:
    """What the event says of its source is a trigger, where nothing declares one."""
    for function in infra.functions:
        me = Str((Ref(function.id),))
        for kind, label in _OF_EVENT.items():
            if (kind, function.id) not in declared:
                place = Place(function.place.path, function.place.line, label)
                source = event_source(function, label)
                certain = kind in _CERTAIN
                infra.edges.append(Edge(source, kind, me, "function", place, certain=certain))
        for label in (OWN_ROUTE, OWN_API):
            place = Place(function.place.path, function.place.line, label)
            source, certain = event_source(function, label), label == OWN_ROUTE
            infra.edges.append(Edge(source, "api", me, "function", place, certain=certain))


def _add_recursion(graph: Graph, sinks: Iterable[Sink]) -> tuple[Function, ...]:
    """Code that switches AWS's recursive-loop detection off, for itself or for another function."""
    functions = graph.infra.functions
    found: list[Function] = []
    for sink in sinks:
        if sink.service != "recursion" or not allows_loops(sink):
            continue
        mine = [f for f in functions if f.code is not None and f.code is sink.entry]
        for value in sink.targets:
            named = [graph.named_function(value, f) for f in mine]
            for function in mine if own(value) else named:
                if function is not None:
                    function.recursive_loop = "Allow"
                    found.append(function)
    return tuple(found)


def allows_loops(sink: Sink) -> bool:
    """Whether the call of PutFunctionRecursionConfig says "Allow"."""
    found = [v for v in sink.keys if isinstance(v, Str)]
    said = [v.literal or (v.path.steps[-1:] or ("",))[0] if v.path else v.literal for v in found]
    return any((text or "").lower().endswith("allow") for text in said)


def _add_logs(infra: Infra) -> None:
    """Each function writes to its own log group, where any log group starts a function.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    if not any(edge.source_kind == "logs" for edge in infra.edges):
        return
    for function in infra.functions:
        own = Str((Ref(function.id),))
        for name in (own, function.name):
            if name is not None:
                group = joined((Str((Lit("/aws/lambda/"),)), name))
                place = Place(function.place.path, function.place.line, "writes its own log")
                infra.edges.append(Edge(own, "function", group, "logs", place, how="log"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What a rule concludes of a sink.

    Attributes:
        kinds: What the loop passes through, without the function itself; None when it is no loop.
        functions: Those on the loop, where they are known.
    """

    rule: str
    message: str
    sink: Sink
    cycle: tuple[str, ...]
    evidence: tuple[str, ...]
    fix: str
    certainty: Literal["certain", "ask"] = "certain"
    kinds: tuple[str, ...] | None = ()
    functions: tuple[Function, ...] = ()


def finding(world: World, loop: Loop) -> Finding:
    """The finding: high when a handler leads to it past no guard, low behind one.

    Where AWS was told to allow loops, one step worse.
    """
    sink = loop.sink
    guard = sink.guard
    severity: Severity = "low" if guard else "high" if sink.entry is not None else "medium"
    functions = loop.functions or world.running(sink)
    severity = "ask" if loop.certainty == "ask" else raised(severity, functions)
    spot, module = sink.spot, sink.spot.function.module
    stops, why = None, ""
    if loop.kinds is not None:
        stops, why = aws(loop.kinds, functions, world.sdks, module.language)
    return Finding(
        rule=loop.rule,
        severity=severity,
        certainty=loop.certainty,
        path=module.path,
        line=spot.line,
        end_line=spot.end_line,
        function=spot.function.name,
        message=loop.message,
        cycle=loop.cycle,
        evidence=(sink.where, *loop.evidence),
        guard=guard,
        aws_stops=stops,
        aws_why=why,
        fix=loop.fix,
    )


def way_finding(world: World, way: Way, rule: str, message: str, fix: str) -> Finding:
    """The finding for a way; one that starts with a call is told at the call."""
    if way.sink is None:
        return _declared_finding(world, way, rule, message, fix)
    return finding(
        world,
        Loop(
            rule=rule,
            message=message,
            sink=way.sink,
            cycle=way.labels,
            evidence=tuple(h.evidence for h in way.hops[1:]),
            fix=fix,
            certainty="certain" if way.chance == "yes" else "ask",
            kinds=way.kinds,
            functions=world.on(way),
        ),
    )


def _declared_finding(world: World, way: Way, rule: str, message: str, fix: str) -> Finding:
    """The finding for a way that templates alone declare: only some events take it."""
    edge = way.hops[0].edge
    place = edge.place if edge is not None and edge.place.path else way.start.place
    guard = (edge.guard if edge is not None else "") or None
    functions = world.on(way)
    severity: Severity = raised("low" if guard else "medium", functions)
    stops, why = aws((way.start.kind, *way.kinds), functions, world.sdks, "")
    return Finding(
        rule=rule,
        severity=severity if way.chance == "yes" else "ask",
        certainty="certain" if way.chance == "yes" else "ask",
        path=place.path,
        line=place.line,
        end_line=place.line,
        function=way.labels[0],
        message=message,
        cycle=way.labels,
        evidence=tuple(hop.evidence for hop in way.hops),
        guard=guard,
        aws_stops=stops,
        aws_why=why,
        fix=fix,
    )
