"""A batch of requests whose failures nobody looks at.

Why: the call succeeds although some of its items failed (a throttled shard, a full partition); the
answer lists them, and where it is not looked at they are lost.

Bad::

    import boto3

    kinesis = boto3.client("kinesis")

    def handler(event, context):
        kinesis.put_records(StreamName="clicks", Records=event["records"])

Good::

    import boto3

    kinesis = boto3.client("kinesis")

    def handler(event, context):
        answer = kinesis.put_records(StreamName="clicks", Records=event["records"])
        if answer["FailedRecordCount"]:
            raise RuntimeError("not all records were taken")

Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
Source: https://docs.aws.amazon.com/codeguru/detector-library/python/aws-unchecked-batch-failures/
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass, regex
from signed_lambda.scan.handled import found_at
from signed_lambda.scan.python_files import last_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.program import Program
    from signed_lambda.scan.python_files import PythonFile
    from signed_lambda.scan.world import World

ID: Final = "LAM-BATCH"


@dataclass(frozen=True, slots=True)
class _Batch:
    """A call that answers with what failed.

    Attributes:
        service: As boto3 names it.
        given: The parameter by which the call is known for what it is.
        failed: The members of the answer that tell.
    """

    service: str
    given: str
    failed: tuple[str, ...]


_BATCHES: Final = {
    "put_records": _Batch("kinesis", "Records", ("FailedRecordCount", "Records")),
    "put_record_batch": _Batch("firehose", "Records", ("FailedPutCount", "RequestResponses")),
    "send_message_batch": _Batch("sqs", "Entries", ("Failed",)),
    "send_messages": _Batch("sqs", "Entries", ("Failed",)),
    "delete_message_batch": _Batch("sqs", "Entries", ("Failed",)),
    "publish_batch": _Batch("sns", "PublishBatchRequestEntries", ("Failed",)),
    "batch_write_item": _Batch("dynamodb", "RequestItems", ("UnprocessedItems",)),
    "batch_get_item": _Batch("dynamodb", "RequestItems", ("UnprocessedKeys",)),
    "put_events": _Batch("events", "Entries", ("FailedEntryCount", "Entries")),
    "delete_objects": _Batch("s3", "Delete", ("Errors",)),
}
"""Source: https://boto3.amazonaws.com/v1/documentation/api/latest/reference/services/"""
_WORDS: Final = regex(r"\b(" + "|".join(_BATCHES) + r")\s*\(")
_TELLS: Final = frozenset(
    {"print", "pprint", "debug", "info", "warning", "error", "exception", "critical", "log"}
)
_PASSES_ON: Final = frozenset({"dumps", "str", "repr", "format"})


def check(world: World) -> Iterator[Finding]:
    """The calls whose answer is dropped, or is asked for everything but what failed."""
    for file in world.python.with_words(_WORDS):
        for call in file.calls:
            batch = _BATCHES.get(last_part(call.func))
            if (
                batch is None
                or not _is_of_boto3(call, batch, file, world.program)
                or not _unchecked(call, batch, file)
            ):
                continue
            function = file.function(call)
            name = last_part(call.func)
            yield found_at(
                ID,
                file.module,
                call.lineno,
                end_line=call.end_lineno or call.lineno,
                severity="medium",
                function=function.name if function else "",
                message=f"What `{name}` could not do is not looked at: its answer tells it in"
                f" `{batch.failed[0]}`",
                fix=f"Look at `{batch.failed[0]}` of the answer, and send what failed again",
            )


def _is_of_boto3(call: ast.Call, batch: _Batch, file: PythonFile, program: Program) -> bool:
    """A method of that name and parameter, of the service or of what is not known."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if not any(k.arg == batch.given for k in call.keywords):
        return False
    service = file.service(call.func.value)
    own = call.func.attr in program.methods  # a wrapper, which looks at the answer or does not
    return service == batch.service or (service == "" and not own)


def _unchecked(call: ast.Call, batch: _Batch, file: PythonFile) -> bool:
    parent = file.parents[call]
    while isinstance(parent, ast.Await):
        parent = file.parents[parent]
    if isinstance(parent, ast.Expr):
        return True
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
        return False
    target = parent.targets[0]
    if not isinstance(target, ast.Name):
        return False
    scope = file.function(call) or file.tree
    reads = [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load)
    ]
    return all(_says_nothing_of_failures(read, batch, file) for read in reads)


def _says_nothing_of_failures(read: ast.Name, batch: _Batch, file: PythonFile) -> bool:
    """Whether it goes into a message only, or is asked for another member."""
    key = _key(read, file)
    if key is not None:
        return key not in batch.failed
    return _is_told(read, file)


def _key(read: ast.Name, file: PythonFile) -> str | None:
    """`x` of `answer["x"]` and of `answer.get("x")`."""
    parent = file.parents[read]
    if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Constant):
        return str(parent.slice.value)
    if isinstance(parent, ast.Attribute) and parent.attr == "get":
        call = file.parents[parent]
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
            return str(call.args[0].value)
    return None


def _is_told(read: ast.Name, file: PythonFile) -> bool:
    for parent in file.above(read):
        if isinstance(parent, ast.Call):
            name = last_part(parent.func)
            if name in _TELLS:
                return True
            if name not in _PASSES_ON:
                return False
        elif isinstance(parent, ast.stmt):
            return False
    return False
