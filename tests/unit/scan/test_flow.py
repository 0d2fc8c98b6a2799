"""What is followed from where a value is made to the call that it is given to."""

from __future__ import annotations

import pytest

from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Row, Text
from signed_lambda.scan.frames import items_at
from signed_lambda.scan.values import MAX_ATOMS, UNSEEN, Env, Str, joined
from tests.unit.scan.conftest import MakesWorlds

HANDLER = "import boto3, os\nclient = boto3.client('lambda')\n"


@pytest.mark.parametrize(
    "text",
    [
        (
            "class Starter:\n"
            "    def __init__(self, context):\n        self.name = context.function_name\n"
            "    def start(self):\n        client.invoke(FunctionName=self.name)\n"
            "def handler(event, context):\n    Starter(context).start()\n"
        ),
        (
            "class Base:\n    def __init__(self, context):\n        self.context = context\n"
            "class Starter(Base):\n"
            "    def start(self):\n        client.invoke(FunctionName=self.context.function_name)\n"
            "def handler(event, context):\n    Starter(context).start()\n"
        ),
        (
            "class Starter:\n"
            "    @property\n    def name(self):\n        return self.context.function_name\n"
            "    def __init__(self, context):\n        self.context = context\n"
            "    def start(self):\n        client.invoke(FunctionName=self.name)\n"
        ),
        (
            "def start(name, payload=None):\n    client.invoke(FunctionName=name)\n"
            "def handler(event, context):\n    start(context.function_name)\n"
        ),
        (
            "def start(*, name):\n    client.invoke(FunctionName=name)\n"
            "def handler(event, context):\n    start(name=context.function_name)\n"
        ),
        (
            "def name_of(context):\n    return context.function_name\n"
            "def handler(event, context):\n    client.invoke(FunctionName=name_of(context))\n"
        ),
        (
            "def handler(event, context):\n    own = {'name': context.function_name}\n"
            "    client.invoke(FunctionName=own['name'])\n"
        ),
        (
            "def handler(event, context):\n    own = {}\n    own['name'] = context.function_name\n"
            "    client.invoke(FunctionName=own.get('name'))\n"
        ),
        (
            "def handler(event, context):\n    args = {'FunctionName': context.function_name}\n"
            "    client.invoke(**args)\n"
        ),
        (
            "def handler(event, context):\n"
            "    client.invoke(FunctionName=f'{context.function_name}:{version}')\n"
        ),
        (
            "def handler(event, context):\n"
            "    client.invoke(FunctionName='{}:live'.format(context.function_name))\n"
        ),
        (
            "def handler(event, context):\n"
            "    client.invoke(FunctionName='%s:%s' % (context.function_name, version))\n"
        ),
        (
            "def handler(event, context):\n"
            "    client.invoke(FunctionName=':'.join([context.function_name, version]))\n"
        ),
        (
            "def handler(event, context):\n"
            "    client.invoke(FunctionName=context.function_name + ':live')\n"
        ),
        (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "def start(n):\n    client.invoke(FunctionName=NAME)\n"
            "def handler(event, context):\n    global NAME\n    NAME = context.function_name\n"
            "    ThreadPoolExecutor().map(start, range(3))\n"
        ),
    ],
)
def test_the_own_name_is_followed_through_python(world: MakesWorlds, text: str) -> None:
    found = findings_in(world({"app.py": HANDLER + text}))

    assert [f.rule for f in found] == ["REC-SELF-CTX"]


def test_the_own_name_is_followed_into_another_file(world: MakesWorlds) -> None:
    files = {
        "app.py": (
            "from lib.config import Config\nfrom lib import starter\n"
            "def handler(event, context):\n    starter.start(Config(context))\n"
        ),
        "lib/__init__.py": "",
        "lib/config.py": (
            "class Config:\n    def __init__(self, context):\n"
            "        self.name = context.invoked_function_arn.split(':')[6]\n"
        ),
        "lib/starter.py": (
            "import boto3\ndef start(config):\n"
            "    boto3.client('lambda').invoke(FunctionName=config.name)\n"
        ),
    }

    [found] = findings_in(world(files))

    assert (found.rule, found.path, found.line) == ("REC-SELF-ARN", "lib/starter.py", 3)
    assert found.severity == "high"


def test_files_that_import_from_each_other_end(world: MakesWorlds) -> None:
    files = {
        "app.py": (
            f"{HANDLER}from other import name\nfrom other import *\n"
            "def handler(event, context):\n    client.invoke(FunctionName=name)\n"
        ),
        "other.py": "from app import name\n",
    }

    assert findings_in(world(files)) == ()


@pytest.mark.parametrize(
    "name",
    [
        "context.invoked_function_arn.split(':')[3]",
        "context.invoked_function_arn.split(':')[4]",
        "'prefix-' + context.function_name",
        "context.function_name + '-worker'",
        "f'{context.function_name}_worker'",
        "event['function_name']",
        "self.function_name",
        "os.environ['AWS_LAMBDA_FUNCTION_VERSION']",
        "context.invoked_function_arn.replace('a', 'b')",
    ],
)
def test_another_name_made_of_the_own_one_is_another_name(world: MakesWorlds, name: str) -> None:
    text = f"{HANDLER}def handler(event, context):\n    client.invoke(FunctionName={name})\n"

    assert findings_in(world({"app.py": text})) == ()


def test_each_use_of_a_helper_is_seen_with_what_it_was_given(world: MakesWorlds) -> None:
    text = (
        "import boto3\n"
        "def env(name):\n    import os\n    return os.environ[name]\n"
        "def handler(event, context):\n"
        "    log(env('AWS_LAMBDA_FUNCTION_NAME'))\n"
        "    boto3.client('lambda').invoke(FunctionName=env('TARGET'))\n"
    )

    assert findings_in(world({"app.py": text})) == ()


def test_a_client_of_another_service_is_no_invocation(world: MakesWorlds) -> None:
    text = (
        "import boto3\nclient = boto3.client('sagemaker-runtime')\n"
        "def handler(event, context):\n    client.invoke(FunctionName=context.function_name)\n"
    )

    assert findings_in(world({"app.py": text})) == ()


def test_a_text_of_too_many_parts_is_unknown() -> None:
    parts = tuple(Str((Env(f"V{n}"),)) for n in range(MAX_ATOMS + 1))

    assert joined(parts) == UNSEEN
    assert joined(parts[1:]) != UNSEEN


@pytest.mark.parametrize(
    ("key", "found"),
    [("0", "a"), ("1", "b"), ("-1", "b"), ("-2", "a"), ("2", ""), ("-3", ""), ("*", "ab")],
)
def test_an_item_is_found_by_its_place(key: str, found: str) -> None:
    row = Row((Text("a"), Text("b")))

    assert "".join(i.text for i in items_at(row, key) if isinstance(i, Text)) == found


def test_a_place_of_very_many_digits_is_no_place() -> None:
    assert items_at(Row((Text("a"),)), "9" * 5000) == ()


# -- what leads to a call


def test_the_guard_may_stand_in_the_caller(world: MakesWorlds) -> None:
    text = (
        f"{HANDLER}def again(context):\n    client.invoke(FunctionName=context.function_name)\n"
        "def handler(event, context):\n    if event['count'] < 3:\n        again(context)\n"
    )

    [found] = findings_in(world({"app.py": text}))

    assert (found.severity, found.guard) == ("low", "counter: event['count'] < 3")


def test_a_helper_that_looks_like_a_handler_is_a_helper(world: MakesWorlds) -> None:
    text = (
        f"{HANDLER}def again(event, context):\n"
        "    client.invoke(FunctionName=context.function_name)\n"
        "def lambda_handler(event, context):\n"
        "    if event['count'] < 3:\n        again(event, context)\n"
    )

    [found] = findings_in(world({"app.py": text}))

    assert (found.severity, found.guard) == ("low", "counter: event['count'] < 3")


def test_an_unguarded_way_counts_beside_a_guarded_one(world: MakesWorlds) -> None:
    text = (
        f"{HANDLER}def again(context):\n    client.invoke(FunctionName=context.function_name)\n"
        "def handler(event, context):\n    if event['count'] < 3:\n        again(context)\n"
        "    again(context)\n"
    )

    [found] = findings_in(world({"app.py": text}))

    assert (found.severity, found.guard) == ("high", None)


def test_a_call_that_no_handler_reaches_does_not_block(world: MakesWorlds) -> None:
    text = (
        f"{HANDLER}class Tool:\n    def again(self):\n"
        "        client.invoke(FunctionName=self.context.function_name)\n"
    )

    [found] = findings_in(world({"app.py": text}))

    assert found.severity == "medium"


@pytest.mark.parametrize(
    ("condition", "guard"),
    [
        ("event['attempts'] < 3", "counter"),
        (
            "context.get_remaining_time_in_millis() < 9000",
            "remaining time (weak: it bounds one run, not how many there are)",
        ),
        ("'NextToken' in page", "what is left to do"),
        ("next_token", "what is left to do"),
        ("event.get('action') == 'start'", "flag"),
        ("name.startswith('in/')", "key check"),
        ("a == b", "condition"),
    ],
)
def test_a_guard_is_called_by_what_it_looks_at(
    world: MakesWorlds, condition: str, guard: str
) -> None:
    text = (
        f"{HANDLER}def handler(event, context):\n    if {condition}:\n"
        "        client.invoke(FunctionName=context.function_name)\n"
    )

    [found] = findings_in(world({"app.py": text}))

    assert found.guard == f"{guard}: {condition}"


@pytest.mark.parametrize(
    ("conditions", "guard"),
    [
        (
            ("context.get_remaining_time_in_millis() < 9000", "event['attempts'] < 3"),
            "counter: event['attempts'] < 3",
        ),
        (
            ("context.get_remaining_time_in_millis() < 9000", "event['action'] == 'start'"),
            (
                "remaining time (weak: it bounds one run, not how many there are):"
                " context.get_remaining_time_in_millis() < 9000"
            ),
        ),
        (
            ("pending_jobs",),
            "work that others may add (weak: it may never come to an end): pending_jobs",
        ),
        (
            ("queue_size > 0", "'NextToken' in page"),
            "what is left to do: 'NextToken' in page",
        ),
        (("status == 'PENDING'",), "flag: status == 'PENDING'"),
    ],
)
def test_a_weak_guard_is_told_as_weak_where_no_better_one_stands(
    world: MakesWorlds, conditions: tuple[str, ...], guard: str
) -> None:
    inner, *outer = conditions
    lines = [f"{'    ' * (i + 1)}if {c}:" for i, c in enumerate((*outer, inner))]
    call = f"{'    ' * (len(lines) + 1)}client.invoke(FunctionName=context.function_name)"
    text = f"{HANDLER}def handler(event, context):\n" + "\n".join((*lines, call))

    [found] = findings_in(world({"app.py": text}))

    assert (found.severity, found.guard) == ("low", guard)


def test_a_marker_that_the_code_deletes_again_is_a_weak_guard(world: MakesWorlds) -> None:
    text = (
        f"{HANDLER}def handler(event, context):\n    if marker == 'open':\n"
        "        client.invoke(FunctionName=context.function_name)\n"
    )
    deletes = f"{text}    s3.delete_object(Bucket='b', Key='marker')\n"

    [kept] = findings_in(world({"app.py": text}))
    [deleted] = findings_in(world({"app.py": deletes}))

    assert kept.guard == "what is left to do: marker == 'open'"
    assert deleted.guard == (
        "what is left to do (weak: the code deletes it again): marker == 'open'"
    )
