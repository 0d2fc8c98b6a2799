"""The calls that can start a function again, by the names that the AWS SDKs give them.

Pure: imports `form`, `values`, `names`, `evaluate`, `address`, `messages`.
"""

from __future__ import annotations

from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass
from signed_lambda.scan.address import web_call
from signed_lambda.scan.form import Call, Member, Name, Row, Table, Text
from signed_lambda.scan.guards import named
from signed_lambda.scan.matching import UNKNOWN, Known
from signed_lambda.scan.messages import appended, sent
from signed_lambda.scan.names import last_name, names_of
from signed_lambda.scan.paths import FILES, FRAMES, written
from signed_lambda.scan.recorded import BUS, event_of, is_of_aws
from signed_lambda.scan.spot import spot_of
from signed_lambda.scan.values import UNSEEN, Client, Lit, Obj, Str, joined, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr, Function, Module, Test
    from signed_lambda.scan.spot import Spot
    from signed_lambda.scan.values import Frame, Value


@dataclass(frozen=True, slots=True)
class Api:
    """One kind of call.

    Attributes:
        service: As `library.SERVICES` calls it.
        target: Names of the argument that says where to, any of them.
        key: Name of a second argument that matters (the object key).
        places: Where both stand when they have no name, -1 for nowhere.
        resource: The kind of boto3 resource whose method this may be.
        inside: Where in the target the name stands (`Targets[].Arn`).
    """

    service: str
    target: tuple[str, ...]
    key: str = ""
    places: tuple[int, int] = (-1, -1)
    resource: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


def _all(names: str, *apis: Api) -> dict[str, tuple[Api, ...]]:
    return dict.fromkeys(names.split(), apis)


_TABLE: Final = Api("dynamodb", ("TableName",), "Item", resource=("table",))
_STREAM: Final = Api("kinesis", ("StreamName", "StreamARN"))
_DELIVERY: Final = Api("firehose", ("DeliveryStreamName",))
_WRITE: Final = Api("s3", ("Bucket",), "Key", (0, 1), ("bucket", "object"))
_FILE: Final = Api("s3", ("Bucket",), "Key", (1, 2), ("bucket", "object"))
_WEB: Final = Api("http", ())
_PATH: Final = Api("s3", ())
"""A path of S3 as one text: `paths` knows the calls."""
APIS: Final[dict[str, tuple[Api, ...]]] = {
    **_all("invokewithresponsestream", Api("lambda", ("FunctionName",))),
    **_all("invoke", Api("lambda", ("FunctionName",)), Api("durable", ())),
    **_all("putobject", _WRITE),
    **_all("copyobject", Api("s3", ("Bucket", "DestinationBucketName"), "Key", (2, 3))),
    **_all("completemultipartupload", Api("s3", ("Bucket",), "Key")),
    **_all("uploadfile uploadfileobj", _FILE),
    **_all("copy", _FILE),
    **_all("upload", Api("s3", ("Bucket",), "Key"), _PATH),
    **_all(" ".join((FRAMES | FILES) - {"put", "upload"}), _PATH),
    **_all("getobject headobject", Api("s3read", ("Bucket",), "Key", (0, 1))),
    **_all("download", Api("s3read", ("Bucket",), "Key")),
    **_all("downloadfile downloadfileobj", Api("s3read", ("Bucket",), "Key", (0, 1))),
    **_all("putaccountpolicy", Api("logs", ("policyName",), "selectionCriteria")),
    **_all("copyfrom", Api("s3", (), resource=("object",))),
    **_all(
        "sendmessage sendmessagebatch sendmessages",
        Api("sqs", ("QueueUrl",), places=(0, -1), resource=("queue",)),
    ),
    **_all(
        "publish publishbatch",
        Api("sns", ("TopicArn", "TargetArn"), "MessageAttributes", (0, -1), ("topic",)),
        Api("iot", ("topic",)),
    ),
    **_all("putitem updateitem deleteitem", _TABLE),
    **_all("put", _TABLE, Api("s3", (), resource=("object",)), _PATH, _WEB),
    **_all("update", _TABLE),
    **_all("delete", _TABLE, _WEB),
    **_all("get post patch head options request urlopen fetch axios got postform", _WEB),
    **_all("new newrequest uri newbuilder httppost httpget httpput openconnection", _WEB),
    **_all("putrecord putrecords", _STREAM, _DELIVERY),
    **_all("putrecordbatch", _DELIVERY),
    **_all("puttargets", Api("schedule", ("Targets",), "Rule", inside=("*", "Arn"))),
    **_all("createschedule", Api("schedule", ("Target",), "ScheduleExpression", inside=("Arn",))),
    **_all("putevents", Api("events", ("Entries",))),
    **_all("startexecution startsyncexecution", Api("stepfunctions", ("stateMachineArn",))),
    **_all(
        "sendemail sendrawemail sendtemplatedemail", Api("ses", ("Destination", "Destinations"))
    ),
    **_all("putfunctionrecursionconfig", Api("recursion", ("FunctionName",), "RecursiveLoop")),
}
"""By `canonical` name."""
_AWS: Final = ("boto", "aws", "AWS")
_HTTP: Final = (
    *("requests", "httpx", "urllib", "aiohttp", "axios", "fetch(", "undici", "superagent"),
    *("'http", '"http', "node:http", "'got'", '"got"', "net/http", "java.net", "apache.http"),
)
_FILES: Final = ("s3fs", "fsspec", "smart_open", "awswrangler")
COMMON: Final = {
    **dict.fromkeys(FILES, _FILES),
    **dict.fromkeys(FRAMES, (*_FILES, "s3://", "s3a://", *_AWS)),
    "put": ("TableName", ".Object(", *_AWS, *_HTTP, *_FILES),
    "update": ("TableName", ".Table(", *_AWS),
    "delete": ("TableName", ".Table(", *_AWS, *_HTTP),
    "copy": ("Bucket", "bucket", *_AWS),
    "upload": ("Bucket", "bucket", *_AWS, *_FILES),
    "download": ("Bucket", "bucket", *_AWS),
    "publish": ("TopicArn", "TargetArn", "topic", *_AWS),
    "invoke": ("FunctionName", "functionName", *_AWS),
    **dict.fromkeys((n for n, apis in APIS.items() if apis == (_WEB,)), _HTTP),
}
"""Names that all code has: words without which, in the same file, none of them is a sink."""
ENDINGS: Final = ("command", "request", "withcontext", "input", "withretries", "async")
"""What SDKs put behind the name of a call, in lower case; taken off in this order."""
_PLAIN: Final = frozenset({"fetch", "urlopen", "axios", "got", "open"})
"""Functions, where the others are methods."""
_ALSO: Final = {
    "schedule": ("events", "scheduler"),
    "s3read": ("s3",),
    "recursion": ("lambda",),
}


def _nothing() -> Known:
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that may start a function, as reached from an entry.

    Attributes:
        action: Canonical name ("putobject").
        targets: What the target may be.
        keys: What the second argument may be, empty where it is not given.
        tests: The conditions on the way from the entry, innermost first.
        entry: The handler that leads here, None when none was found.
        spot: Where a reader would point at.
        read: Gives what it sends; asked only where a filter looks at it.
    """

    service: str
    action: str
    targets: tuple[Value, ...]
    keys: tuple[Value, ...]
    call: Call
    function: Function
    tests: tuple[Test, ...]
    entry: Function | None
    spot: Spot
    read: Callable[[], Known] = _nothing

    @property
    def message(self) -> Known:
        """What it sends, as filters see it; the method of a request."""
        return self.read()

    @property
    def guard(self) -> str | None:
        """The nearest guard on the way, as written."""
        return named(self.tests, deletes=_deletes(self.function.module))

    @property
    def where(self) -> str:
        """Place and code of the call itself, for evidence."""
        return self.function.module.shown(self.call)


@lru_cache(maxsize=64)
def _deletes(module: Module) -> bool:
    """Whether it calls what deletes something; asked for each sink of the file."""
    calls = (canonical(last_name(s.call.func)) for f in module.functions for s in f.sites)
    return any(name.startswith(_DELETES) for name in calls)


_DELETES: Final = ("deleteobject", "deleteitem", "deleteparameter", "untagresource", "unlink")


def canonical(name: str) -> str:
    """One spelling for `put_object`, `putObject`, `PutObjectCommand`, `putObjectAsync`."""
    plain = name.replace("_", "").lower()
    for ending in ENDINGS:
        plain = plain.removesuffix(ending) if plain != ending else plain
    return plain


def sinks_of(
    call: Call, frame: Frame, evaluator: Evaluator, tests: tuple[Test, ...], entry: Function | None
) -> Iterator[Sink]:
    """The sink that a call is, if it is one and its target was given."""
    names = names_of(call.func, frame.function)
    spelled = next((n for n in reversed(names) if canonical(n) in APIS), names[0])
    name = canonical(spelled)
    if isinstance(call.func, Name) and not spelled[:1].isupper() and spelled not in _PLAIN:
        return  # a function of that name, not a method of a client
    for api in APIS.get(name, ()):
        found = _made(api, name, call, frame, evaluator)
        if found is not None:
            targets, keys, read = found
            if api.service == "s3":
                targets, keys = _split_buckets(targets, keys)
            spot = spot_of(call, _spellings(api), api.places[0], frame, evaluator)
            yield Sink(
                *(api.service, name, targets, keys, call, frame.function, tests, entry, spot),
                read=read,
            )
            return
    yield from _recorded(names, call, frame, evaluator, tests, entry)


def _recorded(
    names: tuple[str, ...],
    call: Call,
    frame: Frame,
    evaluator: Evaluator,
    tests: tuple[Test, ...],
    entry: Function | None,
) -> Iterator[Sink]:
    """Any call of AWS whose record a rule asks for."""
    asked = evaluator.program.recorded
    name = next((canonical(n) for n in reversed(names) if canonical(n) in asked), "")
    client = _client(call, frame, evaluator) if name else None
    module = frame.function.module
    if name and is_of_aws(call, module, client):
        event = event_of(asked[name], call, module, client)
        spot = spot_of(call, (), -1, frame, evaluator)
        yield Sink(
            *("recorded", name, (BUS,), (), call, frame.function, tests, entry, spot),
            read=lambda: [event],
        )


Ends = tuple[tuple["Value", ...], tuple["Value", ...]]
"""What the target may be, and what the second argument may be."""


def _made(
    api: Api, name: str, call: Call, frame: Frame, evaluator: Evaluator
) -> tuple[tuple[Value, ...], tuple[Value, ...], Callable[[], Known]] | None:
    """Target, second argument and message of a call that is of this API."""
    if api is _WEB:
        web = web_call(name, call, frame, evaluator)
        return (web[0], (), lambda: web[1]) if web is not None else None
    if api is _PATH:
        ends = written(name, call, frame, evaluator)
        return (*ends, _nothing) if ends is not None else None
    special = _SPECIAL.get(api.service)
    if special is not None:
        found = special(call, frame, evaluator)
    else:
        found = _targets(api, call, frame, evaluator)
    if found is None:
        return None
    return (*found, cache(partial(sent, api.service, name, call, frame, evaluator)))


def _durable(call: Call, frame: Frame, evaluator: Evaluator) -> Ends | None:
    """`context.invoke(name, payload)` of a durable function; JavaScript's may name the step first.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html
    """
    module = frame.function.module
    if not isinstance(call.func, Member) or not (call.args or call.named):
        return None
    if not any("durable" in source for source, _ in module.imports.values()):
        return None
    given = [v for k, v in call.named if k in ("function_name", "functionName")] or call.args[:1]
    if module.language == "javascript" and len(call.args) > 2:  # noqa: PLR2004 - step, name, payload
        given = call.args[1:2]
    return tuple(v for arg in given for v in evaluator.values(arg, frame)), ()


def _split_buckets(
    targets: tuple[Value, ...], keys: tuple[Value, ...]
) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """`Bucket: bucket + "/small"`: the older SDKs take what follows for the start of the key."""
    buckets: list[Value] = []
    for target in targets:
        atoms = target.atoms if isinstance(target, Str) else ()
        follows = atoms[1] if len(atoms) > 1 and not isinstance(atoms[0], Lit) else None
        if isinstance(follows, Lit) and follows.text.startswith("/"):
            start = joined((text(follows.text[1:]), Str(atoms[2:]), text("/")))
            keys = tuple(joined((start, key)) for key in keys)
            buckets.append(Str(atoms[:1]))
        else:
            buckets.append(target)
    return tuple(buckets), keys


def _spellings(api: Api) -> tuple[str, ...]:
    return (*api.target, *(t[0].lower() + t[1:] for t in api.target))


def _targets(api: Api, call: Call, frame: Frame, evaluator: Evaluator) -> Ends | None:
    client = _client(call, frame, evaluator)
    if client is not None and client.kind:
        if client.kind not in api.resource:
            return None
        names = (*client.names, (), ())
        keys = names[1] or _given(call, api.key, -1, frame, evaluator)
        return names[0] or (UNSEEN,), keys
    if client is not None and client.service not in (api.service, *_ALSO.get(api.service, ())):
        return None
    for target in api.target:
        given = _given(call, target, -1, frame, evaluator)
        if given:
            inner = _inside(given, api.inside, evaluator)
            return inner, _given(call, api.key, api.places[1], frame, evaluator)
    if api.target and (client is not None or _is_request(call)):
        given = _given(call, "", api.places[0], frame, evaluator)
        if given:
            return given, _given(call, api.key, api.places[1], frame, evaluator)
    return None


def _inside(
    given: tuple[Value, ...], path: tuple[str, ...], evaluator: Evaluator
) -> tuple[Value, ...]:
    """What stands at a path; a list may be its one item alone, a name may begin in lower case."""
    for key in path:
        found: list[Value] = []
        for value in given:
            is_row = isinstance(value, Obj) and isinstance(value.expr, Row)
            if key == "*" and isinstance(value, Obj) and not is_row:
                found.append(value)
                continue
            inner = evaluator.inside((value,), (key,))
            if all(_is_foreign(v) for v in inner) and key != "*":
                inner = evaluator.inside((value,), (key[0].lower() + key[1:],))
            found.extend(inner)
        given = tuple(dict.fromkeys(found))
    return given


def _buses(call: Call, frame: Frame, evaluator: Evaluator) -> Ends | None:
    """The buses that the entries name; the default one where an entry names none."""
    client = _client(call, frame, evaluator)
    if client is not None and client.service != "events":
        return None
    given = _given(call, "Entries", -1, frame, evaluator)
    if not given:
        return None
    entries = [v for value in given for v in _entries(value, evaluator)]
    entries += _appended(call, frame, evaluator)
    found: list[Value] = []
    for entry in entries:
        if isinstance(entry, Obj):
            named = [n for key in _BUS for n in evaluator.inside((entry,), (key,))]
            found += named or [text("default")]
    return tuple(dict.fromkeys(found)) or (text("default"),), ()


_BUS: Final = ("EventBusName", "eventBusName")


def _entries(value: Value, evaluator: Evaluator) -> tuple[Value, ...]:
    if isinstance(value, Obj) and isinstance(value.expr, Row):
        return evaluator.inside((value,), ("*",))
    return (value,)


def _appended(call: Call, frame: Frame, evaluator: Evaluator) -> Iterator[Value]:
    """What is appended to a list that the call is given by its name."""
    given = [v for k, v in call.named if k == "Entries"]
    given += [v for a in call.args if isinstance(a, Table) for k, v in a.items if _is(k, "Entries")]
    for expr in given:
        for one in appended(expr.name, frame.function) if isinstance(expr, Name) else ():
            yield from evaluator.values(one, frame)


def _is(key: Expr | None, name: str) -> bool:
    return isinstance(key, Text) and key.text == name


def _is_request(call: Call) -> bool:
    """`new PutObjectRequest(bucket, key, file)` of Java."""
    return isinstance(call.func, Name) and call.func.name.endswith("Request")


def _client(call: Call, frame: Frame, evaluator: Evaluator) -> Client | None:
    if not isinstance(call.func, Member):
        return None
    found = evaluator.values(call.func.of, frame)
    return next((v for v in found if isinstance(v, Client)), None)


def _given(
    call: Call, name: str, place: int, frame: Frame, evaluator: Evaluator
) -> tuple[Value, ...]:
    """What an argument may be, by its name anywhere or by its place; empty when it is not given."""
    if name:
        for key, value in call.named:
            if key == name:
                return evaluator.values(value, frame)
        spread = [v for k, v in call.named if k is None]
        for table in (*call.args, *spread):
            for spelled in (name, name[0].lower() + name[1:]):
                found = _in_table(table, spelled, frame, evaluator)
                if found:
                    return found
    if 0 <= place < len(call.args):
        return evaluator.values(call.args[place], frame)
    return ()


def _in_table(table: Expr, name: str, frame: Frame, evaluator: Evaluator) -> tuple[Value, ...]:
    """`{FunctionName: x}`, also one level deeper (`{params: {Bucket: x}}`)."""
    holders = evaluator.values(table, frame)
    if not any(isinstance(h, Obj) for h in holders):
        return ()
    for path in (Member(table, Text(name)), Member(Member(table, Text("params")), Text(name))):
        found = [v for v in evaluator.values(path, frame) if not _is_foreign(v)]
        if found:
            return tuple(found)
    return ()


def _is_foreign(value: Value) -> bool:
    return value == UNSEEN or (isinstance(value, Str) and not value.atoms)


_SPECIAL: Final[dict[str, Callable[[Call, Frame, Evaluator], Ends | None]]] = {
    "events": _buses,
    "durable": _durable,
}
