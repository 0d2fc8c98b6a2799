"""What the review costs: little for code that has no sink, bounded for any other."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from signed_lambda.scan import findings_in
from signed_lambda.scan.evaluate import ALL_STEPS, STEPS, Evaluator
from signed_lambda.scan.explore import explore, relevant
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.program import Program
from signed_lambda.scan.reading import MAX_SOURCE_BYTES, Unread, read
from signed_lambda.scan.values import UNSEEN, Frame, text
from signed_lambda.scan.world import world_of
from tests.promises.modules import ROOT

FILES = {
    "app.py": (
        "import boto3\nfrom lib import again, Starter, log\n"
        "def handler(event, context):\n"
        "    log(event)\n    again(context)\n    Starter(context).run()\n"
        "    list(map(start, event['rows']))\n    defer(start_later)\n"
        "def start(row):\n    boto3.client('sqs').send_message(QueueUrl=row['url'])\n"
        "def start_later(context):\n"
        "    def inner():\n        boto3.client('lambda').invoke(FunctionName=NAME)\n"
        "    return inner\n"
        "@fan\ndef other(event, context):\n    pass\n"
        "def fan(f):\n    def g(*a):\n        boto3.client('sns').publish(TopicArn='x')\n"
        "    return g\n"
    ),
    "lib.py": (
        "import boto3\n"
        "def log(x):\n    print(x)\n    other(x)\n"
        "def other(x):\n    return {}.update(x)\n"
        "aws = boto3.client('lambda')\n"
        "def again(context):\n    aws.invoke(FunctionName=context.function_name)\n"
        "class Starter:\n"
        "    def __init__(self, context):\n        self.c = context\n        self.go()\n"
        "    def go(self):\n        aws.invoke(FunctionName=self.c.function_name)\n"
        "    def run(self):\n        self.go()\n"
    ),
    "index.js": (
        "const go = c => lambda.invoke({FunctionName: c.functionName});\n"
        "exports.handler = (event, context) => { rows.forEach(r => go(context)); };\n"
        "exports.other = (event, context, done) => { api(() => { if (event.count < 3) {\n"
        "  later(() => lambda.invoke({FunctionName: context.functionName})); } }); };\n"
    ),
}


def program(files: dict[str, str]) -> Program:
    modules = [read(path, text.encode()) for path, text in files.items()]
    return Program(m for m in modules if isinstance(m, Module))


def seen(of: Program, wanted: set[object] | None = None) -> set[tuple[object, ...]]:
    found = explore(of, Evaluator(of), (), wanted).sinks  # type: ignore[arg-type]
    return {(s.action, s.where, str(s.targets), s.entry and s.entry.name, s.guard) for s in found}


def test_a_walk_of_the_relevant_functions_sees_what_a_walk_of_all_sees() -> None:
    of = program(FILES)
    everything = {f for m in of.modules.values() for f in m.functions}

    assert seen(of) == seen(of, set(everything))
    assert len(seen(of)) >= 6
    assert relevant(of) < everything


def test_code_without_a_sink_is_never_entered() -> None:
    of = program({"a.js": "const f = m => { m.put(1); m.update(g); }; f(new Map());" * 50})

    assert relevant(of) == set()


def test_the_questions_of_a_package_have_one_budget() -> None:
    chain = "".join(f"def f{n}(a, b):\n    return f{n + 1}(a + b, b + a)\n" for n in range(400))
    text = (
        f"import boto3\n{chain}def f400(a, b):\n    boto3.client('sqs').send_message(QueueUrl=a)\n"
        "    return a\ndef handler(event, context):\n"
        + "    f0(f0(event, context), f0(context, event))\n"
        * 50
    )
    of = program({"app.py": text})
    evaluator = Evaluator(of)
    started = time.process_time()

    explore(of, evaluator)

    assert evaluator.spent <= ALL_STEPS + 100 * STEPS
    assert time.process_time() - started < 30


def test_what_is_called_is_not_asked_again_where_that_cost_all_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signed_lambda.scan.evaluate.STEPS", 50)
    chain = "".join(f"function f{n}(a, b) {{ return f{n + 1}(a + b, b + a) }}\n" for n in range(30))
    of = program({"index.js": chain + "const url = f0(1, 2);\n"})
    function = of.modules["index.js"].top
    evaluator = Evaluator(of)

    values, costs = [], []
    for name in ("a", "b"):  # as two callers would ask
        before = evaluator.spent
        frame = Frame(function, {name: (text(name),)})
        values.append(evaluator.callees(function.sets["url"][0][0], frame))
        costs.append(evaluator.spent - before)

    assert costs[0] > 50
    assert costs[1] == 0
    assert values[1] == values[0]


def test_where_a_call_sends_is_asked_anew_for_each_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signed_lambda.scan.evaluate.STEPS", 50)
    chain = "".join(f"def f{n}(a, b):\n    return f{n + 1}(a + b, b + a)\n" for n in range(30))
    text = (
        f"import boto3\nc = boto3.client('lambda')\n{chain}"
        "def again(name):\n    c.invoke(FunctionName=name)\n"
        "def handler(event, context):\n    again(f0(1, 2))\n    again(context.function_name)\n"
    )

    found = findings_in(world_of(program({"app.py": text}).modules.values()))

    assert [f.rule for f in found] == ["REC-SELF-CTX"]


def test_a_share_that_ends_is_no_answer_for_another_entry() -> None:
    of = program({"index.js": "const f = () => g(h(1));\n"})
    call = of.modules["index.js"].functions[1].returns[0]
    frame = Frame(of.modules["index.js"].functions[1])
    evaluator = Evaluator(of)
    evaluator.ends = 1
    cut = evaluator.callees(call, frame)

    evaluator.ends = STEPS

    assert cut == (UNSEEN,)
    assert evaluator.callees(call, frame) == Evaluator(of).callees(call, frame) != cut


@pytest.mark.parametrize("module", ["tree_sitter", "yaml", "tree_sitter_hcl"])
def test_a_parser_is_imported_only_for_its_files(module: str) -> None:
    code = (
        "import sys\nfrom signed_lambda.scan.reading import read\n"
        "import signed_lambda.main\nread('a.py', b'x = 1')\n"
        f"sys.exit({module!r} in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, check=False
    )

    assert done.returncode == 0


@pytest.mark.parametrize("more", [0, 1])
def test_a_bundle_of_four_megabytes_is_read(more: int) -> None:
    code = b"c.putObject({Bucket: b})//"

    found = read("index.js", code.ljust(MAX_SOURCE_BYTES + more, b"x"))

    if more:
        assert found == Unread("index.js", "more than 4,194,304 bytes")
    else:
        assert isinstance(found, Module)
        assert len(found.top.sites) == 1


def test_a_review_that_ends_early_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = list(program(FILES).modules.values())
    monkeypatch.setattr("signed_lambda.scan.evaluate.ALL_STEPS", 5)

    assert not world_of(modules).complete


def test_a_test_in_the_package_is_not_what_lambda_starts() -> None:
    files = {
        "tests/test_app.py": (
            "import boto3\ndef test_it():\n"
            "    boto3.client('lambda').invoke(FunctionName=context.function_name)\n"
        )
    }

    assert seen(program(files)) == set()


def test_code_that_defeats_the_walk_is_said_and_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def defeated(*_: object) -> None:
        raise RecursionError

    modules = list(program(FILES).modules.values())
    monkeypatch.setattr("signed_lambda.scan.world.explore", defeated)
    monkeypatch.setattr("signed_lambda.scan.infra.cdk.read", defeated)

    _, unread = read_templates({"lib/a.ts": b"import * as cdk from 'aws-cdk-lib';"})

    assert not world_of(modules).complete
    assert [u.why for u in unread] == ["nested too deep; not scanned"]
