"""What calls of languages' libraries and AWS SDKs give: texts, environment, clients.

A function of the package is not looked up here. Imports `form`, `values`, `names`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.form import Call, Closure, Join, Member, Name, Row, Table, Text
from signed_lambda.scan.names import TAKE_FUNCTIONS, last_name, words
from signed_lambda.scan.values import (
    UNSEEN,
    Client,
    Env,
    Frame,
    Func,
    Inst,
    Obj,
    Path,
    Str,
    joined,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from signed_lambda.scan.evaluate import Evaluator
    from signed_lambda.scan.form import Expr, Function
    from signed_lambda.scan.values import Value

Result = "Iterable[Value] | None"

SERVICES: Final = {
    "lambda": "lambda",
    "s3": "s3",
    "s3control": "s3control",
    "sqs": "sqs",
    "sns": "sns",
    "dynamodb": "dynamodb",
    "events": "events",
    "eventbridge": "events",
    "cloudwatchevents": "events",
    "amazoncloudwatchevents": "events",
    "amazoneventbridge": "events",
    "scheduler": "scheduler",
    "kinesis": "kinesis",
    "firehose": "firehose",
    "stepfunctions": "stepfunctions",
    "sfn": "stepfunctions",
    "iot-data": "iot",
    "iotdataplane": "iot",
    "iotdata": "iot",
    "ses": "ses",
    "sesv2": "ses",
    "logs": "logs",
    "cloudwatchlogs": "logs",
    "ssm": "ssm",
    "sts": "sts",
    "ec2": "ec2",
    "ecs": "ecs",
    "secretsmanager": "secretsmanager",
    "cloudwatch": "cloudwatch",
    "documentclient": "dynamodb",
    "dynamodbdocument": "dynamodb",
    "s3manager": "s3",
    "amazons3": "s3",
    "awslambda": "lambda",
    "amazonsqs": "sqs",
    "amazonsns": "sns",
    "amazondynamodb": "dynamodb",
    "apigatewaymanagementapi": "apigateway",
    "mediaconvert": "mediaconvert",
    "rekognition": "rekognition",
    "cloudformation": "cloudformation",
}
"""Names of services, as SDKs spell them in lower case, to one name each."""
CONSTRUCT: Final = "new:"
"""How the root of a path starts that is a construct of the CDK."""
_RESOURCES: Final = {
    "Table": ("dynamodb", "table"),
    "Topic": ("sns", "topic"),
    "Queue": ("sqs", "queue"),
    "get_queue_by_name": ("sqs", "queue"),
    "Bucket": ("s3", "bucket"),
    "Object": ("s3", "object"),
}
_SAME_AS_ARGUMENT: Final = words(
    "str String unquote unquote_plus decodeURIComponent quote loads parse dumps next iter list dict"
    " deepcopy copy ToString StringValue URLDecoder.decode decode tuple toString Resolve"
    " asString parseInt int parse_qs bool object_from_json unmarshall cast set_default"
    " captureAWSClient captureAWSv3Client captureAWS stringify Marshal URL URI URI.create Request"
    " ofNullable"
)
_SAME_AS_RECEIVER: Final = words(
    "strip lstrip rstrip lower upper encode decode toString trim toLowerCase toUpperCase promise"
    " valueOf normalize catch read copy then slice filter concat toArray orElse"
    " orElseThrow orElseGet required asString asUrlString"
)
_OF_ENVIRONMENT: Final = ("environs", "decouple")
"""Libraries whose functions read the variable that they are given the name of."""
_PLUS: Final = ("+", r"/\+/g", r"\+")
_BUILDS: Final = ("with", "build", "create", "standard", "default", "from", "New", "region")
_FORMAT: Final = regex(r"\{([^{}:!]*+)[^{}]*+\}")
_PERCENT: Final = regex(r"%(?:\([^()]*+\))?[-#0 +]*+\d*+(?:\.\d++)?[sdrvqfxi]")


def member_of_client(client: Client, key: str) -> Iterable[Value]:
    """`table.name` is what the table is called; `resource.meta.client` is a client still."""
    if client.names and key in ("name", "bucket_name", "url", "arn", "table_name"):
        return client.names[0]
    if client.kind == "object" and key == "key" and len(client.names) > 1:
        return client.names[1]
    return (client,)


def result_of_client(
    evaluator: Evaluator, client: Client, call: Call | None, frame: Frame
) -> Iterable[Value]:
    """A builder gives a client, `send` what its command stands for; other answers are unknown."""
    name = last_name(call.func) if call is not None else ""
    if name == "send" and call is not None and call.args:
        return [v for v in evaluator.values(call.args[0], frame) if isinstance(v, Obj)]
    return (client,) if client.kind or name.startswith(_BUILDS) else (UNSEEN,)


def result_of_foreign(
    evaluator: Evaluator, callee: Str, call: Call | None, frame: Frame
) -> Iterable[Value]:
    """What a function outside the package gives: a client, its argument, or a path onwards."""
    path = callee.path
    if path is None or call is None:
        return (UNSEEN,)
    identity = _id_of(evaluator, path, call, frame)
    if identity is not None:
        where = frame.function.module.path
        return (Str((Path(f"{CONSTRUCT}{where}:{call.line}#{identity}"),)),)
    service = _service_of((path.root.rpartition("/")[2], *path.steps))
    if service:
        return (Client(service),)
    if path.root in _OF_ENVIRONMENT and call.args:
        return _environment(evaluator, call, frame) or (UNSEEN,)
    name = path.steps[-1] if path.steps else path.root
    same = name in _SAME_AS_ARGUMENT or ".".join(path.steps[-2:]) in _SAME_AS_ARGUMENT
    if same and call.args:
        return evaluator.values(call.args[0], frame)
    onwards = (*path.steps[:-1], f"{name}()") if path.steps else ()
    return _wrapped(evaluator, name, call, frame) or (
        Str((Path(path.root if path.steps else f"{name}()", onwards),)),
    )


def _wrapped(evaluator: Evaluator, name: str, call: Call, frame: Frame) -> list[Value]:
    """`middy(f)`, `co.wrap(f)`, `Sentry.wrapHandler(f)`: called as f is, it calls f."""
    if name in TAKE_FUNCTIONS or name.startswith("on"):
        return []
    given = [a for a in call.args if isinstance(a, Closure | Name | Member)]
    return [v for a in given for v in evaluator.values(a, frame) if isinstance(v, Func)]


def _id_of(evaluator: Evaluator, path: Path, call: Call, frame: Frame) -> str | None:
    """What `new Queue(this, "Jobs")` of the CDK is called, None for what is no construct.

    It is known by where it is made; one that is called as a function is told makes a construct at
    each call of that function.
    """
    name = path.steps[-1] if path.steps else path.root
    scope = call.args[0] if call.args else dict(call.named).get("scope")
    written = id_of_construct(call)
    if not isinstance(scope, Name | Member) or not name[:1].isupper():
        return None
    if isinstance(written, Text):
        return written.text
    told = is_told(written, frame.function)
    if told:
        found = evaluator.values(written, frame) if written is not None else ()
        literal = found[0].literal if len(found) == 1 and isinstance(found[0], Str) else None
        if literal is not None:
            return literal
    return last_name(call.func) if isinstance(written, Join | Call) else None


def id_of_construct(call: Call) -> Expr | None:
    """What a construct is called, as it is written."""
    named = dict(call.named)
    return call.args[1] if len(call.args) > 1 else named.get("id", named.get("construct_id"))


def is_told(written: Expr | None, function: Function) -> bool:
    """Whether a name is given by the callers of the function."""
    if isinstance(written, Join):
        return any(is_told(part, function) for part in written.parts)
    return isinstance(written, Name) and written.name in {p.name for p in function.params}


def _service_of(parts: tuple[str, ...]) -> str:
    """The service of `AWS.S3`, `S3Client`, `lambda.NewFromConfig`, "" for none."""
    last = parts[-1]
    if last.startswith(("New", "from")) or last in ("builder", "create", "standard", "build"):
        parts = parts[:-1]
        last = parts[-1] if parts else ""
    plain = last.lower()
    for ending in ("", "client", "asyncclient", "clientbuilder", "v2client"):
        if plain.endswith(ending) and plain.removesuffix(ending) in SERVICES:
            return SERVICES[plain.removesuffix(ending)]
    return ""


# -- calls by name


def _client(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    named = [v for k, v in call.named if k == "service_name"]
    for arg in (*named, *call.args[:1]):
        for value in evaluator.values(arg, frame):
            literal = value.literal if isinstance(value, Str) else None
            if literal is not None and re.fullmatch(r"[a-z][a-z0-9-]*", literal):
                return (Client(SERVICES.get(literal, literal)),)
    return None


def _resource(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    service, kind = _RESOURCES[last_name(call.func)]
    if not isinstance(call.func, Member) or not (call.args or call.named):
        return None
    if kind != "object" and len(call.args) > 1:
        return None  # a construct of the CDK
    given = (*call.args, *(v for _, v in call.named))
    of = evaluator.values(call.func.of, frame)
    names = tuple(evaluator.values(arg, frame) for arg in given[:2])
    if kind == "object" and isinstance(of[0], Client) and of[0].kind == "bucket":
        names = (*of[0].names, *names)
    return (Client(service, kind, names),)


def _environment(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    if not call.args:
        return None
    found: list[Value] = []
    for name in evaluator.values(call.args[0], frame):
        literal = name.literal if isinstance(name, Str) else None
        found.append(Str((Env(literal),)) if literal is not None else UNSEEN)
    for default in call.args[1:]:
        found.extend(evaluator.values(default, frame))
    return found


def _get(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    if not isinstance(call.func, Member) or not call.args:
        return None
    found = list(evaluator.values(Member(call.func.of, call.args[0]), frame))
    for default in call.args[1:2]:
        found.extend(evaluator.values(default, frame))
    return found


def _format(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`"{}-{x}".format(a, x=b)`, `String.format("%s", a)` and `fmt.Sprintf("%s", a)`."""
    if not isinstance(call.func, Member):
        return None
    args, template = call.args, call.func.of
    pattern = _FORMAT
    if last_name(template) in ("String", "fmt") and args:
        template, args, pattern = args[0], args[1:], _PERCENT
    elif last_name(call.func) == "%":
        pattern = _PERCENT
    return _filled(evaluator, template, pattern, args, call, frame)


def _filled(
    evaluator: Evaluator,
    template: Expr,
    pattern: re.Pattern[str],
    args: tuple[Expr, ...],
    call: Call,
    frame: Frame,
) -> Iterable[Value] | None:
    found: list[Value] = []
    for value in evaluator.values(template, frame):
        literal = value.literal if isinstance(value, Str) else None
        if literal is None:
            continue
        parts: list[Value] = []
        end = 0
        for count, hole in enumerate(pattern.finditer(literal)):
            parts.append(text(literal[end : hole.start()]))
            end = hole.end()
            name = hole[1] if pattern is _FORMAT else ""
            parts.append(_argument(evaluator, name, count, args, call, frame))
        found.append(joined((*parts, text(literal[end:]))))
    return found or None


def _argument(
    evaluator: Evaluator, name: str, count: int, args: tuple[Expr, ...], call: Call, frame: Frame
) -> Value:
    if name and not name.isdigit():
        for given, expr in call.named:
            if given is None:
                return evaluator.member(expr, name, frame)[0]
            if given == name.partition(".")[0]:
                return evaluator.values(expr, frame)[0]
        return UNSEEN
    place = int(name) if name else count
    return evaluator.values(args[place], frame)[0] if place < len(args) else UNSEEN


def _join(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`"-".join(row)`, `row.join("-")`, `os.path.join(a, b)`."""
    if not isinstance(call.func, Member):
        return None
    of = evaluator.values(call.func.of, frame)[0]
    if isinstance(of, Obj) and isinstance(of.expr, Row):
        row, between = of, evaluator.values(call.args[0], frame)[0] if call.args else text(",")
    elif isinstance(of, Str) and of.literal is not None and call.args:
        given = evaluator.values(call.args[0], frame)[0]
        path = given.path if isinstance(given, Str) else None
        if path is not None and path.steps[-2:-1] == (f"split({of.literal})",):
            return (given,)  # cut and put together again
        if not isinstance(given, Obj) or not isinstance(given.expr, Row):
            return (UNSEEN,)
        row, between = given, of
    elif len(call.args) > 1:
        parts = [evaluator.values(arg, frame)[0] for arg in call.args]
        return (_with_between(parts, text("/")),)
    else:
        return None
    items = row.expr.items if isinstance(row.expr, Row) else ()
    return (_with_between([evaluator.values(i, row.frame)[0] for i in items], between),)


def _with_between(parts: list[Value], between: Value) -> Value:
    put: list[Value] = []
    for part in parts:
        put += [between, part] if put else [part]
    return joined(tuple(put))


def _split(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    if not isinstance(call.func, Member):
        return None
    separator = evaluator.values(call.args[0], frame)[0] if call.args else text(" ")
    by = separator.literal if isinstance(separator, Str) else None
    found: list[Value] = []
    for value in evaluator.values(call.func.of, frame):
        path = value.path if isinstance(value, Str) else None
        literal = value.literal if isinstance(value, Str) else None
        if path is not None:
            found.append(Str((Path(path.root, (*path.steps, f"split({by})")),)))
        elif literal is not None and by:
            pieces = tuple(Text(p) for p in literal.split(by))
            found.append(Obj(Row(pieces), frame))
        else:
            found.append(UNSEEN)
    return found


def _replace(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    if not isinstance(call.func, Member) or len(call.args) < 2:  # noqa: PLR2004 - old and new
        return None
    text_in, *changes = (call.func.of, *call.args)
    if last_name(text_in) == "strings":  # `strings.Replace(s, old, new, n)` of Go
        text_in, *changes = changes
    old, new = (evaluator.values(a, frame)[0] for a in changes[:2])
    found: list[Value] = []
    for value in evaluator.values(text_in, frame):
        texts = [v.literal if isinstance(v, Str) else None for v in (value, old, new)]
        if texts[1] in _PLUS and texts[2] in (" ", "%20"):
            found.append(value)  # the decoding of a key
        elif texts[0] is not None and texts[1] is not None and texts[2] is not None:
            found.append(text(texts[0].replace(texts[1], texts[2])))
        else:
            path = value.path if isinstance(value, Str) else None
            said = f"replace({texts[1]}>{texts[2]})" if None not in texts[1:] else "replace()"
            changed = Path(path.root, (*path.steps, said)) if path else None
            found.append(Str((changed,)) if changed else UNSEEN)
    return found


def _derived(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`os.path.splitext(key)`: known for what it is made of."""
    if not call.args:
        return None
    name = last_name(call.func)
    found: list[Value] = []
    for value in evaluator.values(call.args[0], frame):
        path = value.path if isinstance(value, Str) else None
        if path is None:
            return None
        found.append(Str((Path(path.root, (*path.steps, f"{name}()")),)))
    return found


def _receiver(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    if not isinstance(call.func, Member):
        return None
    found = evaluator.values(call.func.of, frame)
    if any(isinstance(v, Client) for v in found):
        return None
    return found if all(isinstance(v, Str | Obj) for v in found) else None


def _from_env(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`fromEnv({queueUrl: "QUEUE_URL"})(process.env)` of several small libraries."""
    if not isinstance(call.func, Call) or not call.func.args:
        return None
    found: list[Value] = []
    for value in evaluator.values(call.func.args[0], frame):
        if isinstance(value, Obj) and isinstance(value.expr, Table):
            environment = Member(Name("process"), Text("env"))
            items = tuple((k, Member(environment, v)) for k, v in value.expr.items)
            found.append(Obj(Table(items), value.frame))
    return found or None


def _queue_url(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`sqs.get_queue_url(QueueName=x)["QueueUrl"]` is a queue called x."""
    named = [value for key, value in call.named if key == "QueueName"]
    named += [Member(arg, Text("QueueName")) for arg in call.args[:1]]
    if not named:
        return None
    del evaluator
    return (Obj(Table(((Text("QueueUrl"), named[0]),)), frame),)


def _entered(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """What `with x as y` makes y: what `x.__enter__` gives, or what a generator yields; else x."""
    found: list[Value] = []
    for value in evaluator.values(call.args[0], frame):
        if isinstance(value, Obj) and isinstance(value.expr, Row):
            found.extend(evaluator.inside((value,), ("*",)))
        elif isinstance(value, Inst):
            given = [
                v for m in evaluator.method(value, "__enter__") for v in _given_by(m, evaluator)
            ]
            found.extend(given or [value])
        else:
            found.append(value)
    return found


def _given_by(method: Func, evaluator: Evaluator) -> Iterable[Value]:
    inner = Frame(method.function, {}, method.outer, method.this)
    return [v for made in method.function.returns for v in evaluator.values(made, inner)]


def _field(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """The default of an attribute of a data class, itself or made by a function."""
    named = dict(call.named)
    if "default" in named:
        return evaluator.values(named["default"], frame)
    made = evaluator.values(named["default_factory"], frame) if "default_factory" in named else ()
    return [v for f in made if isinstance(f, Func) for v in _given_by(f, evaluator)] or None


def _list_of(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    del evaluator
    return (Obj(Row(call.args), frame),)


def _of(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`List.of(a, b)` and `Optional.of(a)`."""
    holder = last_name(call.func.of) if isinstance(call.func, Member) else ""
    if holder in ("List", "Set", "Stream"):
        return _list_of(evaluator, call, frame)
    return evaluator.values(call.args[0], frame) if holder == "Optional" and call.args else None


def _assign(evaluator: Evaluator, call: Call, frame: Frame) -> Iterable[Value] | None:
    """`Object.assign(a, b)`: members of any of them."""
    return [v for arg in call.args for v in evaluator.values(arg, frame)]


RESULTS: Final[dict[str, Callable[[Evaluator, Call, Frame], Iterable[Value] | None]]] = {
    **dict.fromkeys(_SAME_AS_RECEIVER, _receiver),
    **dict.fromkeys(_RESOURCES, _resource),
    "client": _client,
    "resource": _client,
    "get_client_with_retries": _client,
    "boto3_client": _client,
    "getenv": _environment,
    "Getenv": _environment,
    "get": _get,
    "getOrDefault": _get,
    "entered": _entered,
    "pop": _get,
    "setdefault": _get,
    "field": _field,
    "format": _format,
    "%": _format,
    "Sprintf": _format,
    "join": _join,
    "split": _split,
    "rsplit": _split,
    "Split": _split,
    "replace": _replace,
    "replaceAll": _replace,
    "Replace": _replace,
    "ReplaceAll": _replace,
    "splitext": _derived,
    "list_of": _list_of,
    "of": _of,
    "asList": _list_of,
    "singletonList": _list_of,
    "get_queue_url": _queue_url,
    "getQueueUrl": _queue_url,
    "GetQueueUrlCommand": _queue_url,
    "fromEnv()": _from_env,
    "assign": _assign,
}
"""By the last name of what is called; None means: not that function after all."""
