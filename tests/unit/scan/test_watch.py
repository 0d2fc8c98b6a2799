"""A file that takes too long is given up and said; nothing hangs, and no test waits."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Final, TypeVar

import pytest
import tree_sitter_javascript
from tree_sitter import Language

from lambda_sandbox.core import VirtualClock
from signed_lambda.report.model import Status
from signed_lambda.scan import review, survey
from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.form import Module
from signed_lambda.scan.front.grammar import parsed
from signed_lambda.scan.front.python_text import MAX_MARKS
from signed_lambda.scan.infra import cdk, chalice
from signed_lambda.scan.infra.model import Infra, Inline
from signed_lambda.scan.program import Program
from signed_lambda.scan.reading import Unread, read
from signed_lambda.scan.watch import FILE_S, PACKAGE_S, TookTooLongError, Watch
from signed_lambda.scan.world import groundwork
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

HANDLER: Final = "import boto3\nc = boto3.client('s3')\ndef handler(event, context):\n"
CALLS: Final = ("call", "c_call")
MANY: Final = {
    "app.py": "c.invoke(a[b], c=d)\n" * 400,
    "index.js": "c.invoke(a[b], {c: d});\n" * 400,
    "main.go": "package main\nfunc f() {\n" + "c.Invoke(a[b], d)\n" * 400 + "}\n",
    "Main.java": "class Main { void f() {\n" + "c.invoke(a[b], d);\n" * 400 + "} }\n",
}


class Slow(VirtualClock):
    """A clock on which each look takes a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def monotonic(self) -> float:
        """Virtual seconds, and some more each time."""
        self.advance(self._seconds)
        return super().monotonic()


@pytest.mark.parametrize("path", MANY)
def test_a_file_that_takes_too_long_is_given_up_and_said(path: str) -> None:
    slow, quick = Watch(Slow(FILE_S * 0.6).monotonic), Watch(Slow(0.0).monotonic)

    given_up = read(path, MANY[path].encode(), slow)

    assert given_up == Unread(path, "not read: took over 2 s")
    assert isinstance(read(path, MANY[path].encode(), quick), Module)


def test_each_file_has_its_own_time() -> None:
    watch = Watch(Slow(FILE_S / 5).monotonic)

    read_whole = [read(f"{n}.py", b"x = 1\n", watch) for n in range(20)]

    assert all(isinstance(m, Module) for m in read_whole)


def test_the_parser_itself_is_stopped_where_it_can_be() -> None:
    ticks = itertools.count()
    watch = Watch(lambda: float(next(ticks)))

    found = read("deep.js", b"x = " + b"[" * 400_000, watch)

    assert found == Unread("deep.js", "not read: took over 2 s")
    assert next(ticks) < 10


def test_the_walk_over_a_tree_is_stopped_when_the_parser_was_quick() -> None:
    body, looks = MANY["index.js"].encode(), itertools.count()
    quick = Watch(lambda: next(looks) * 0.0)
    with quick.on("index.js"):
        parsed("index.js", "javascript", body, Language(tree_sitter_javascript.language()), quick)
    until_parsed, later = next(looks), itertools.count()

    found = read("index.js", body, Watch(lambda: 3.0 if next(later) > until_parsed else 0.0))

    assert found == Unread("index.js", "not read: took over 2 s")


@pytest.mark.parametrize("text", ["a\n", "f(a)\n", "x=[1,2,3]\n", "f(a=1, b=2)\n"])
def test_python_that_the_parser_would_take_long_for_is_not_given_to_it(text: str) -> None:
    body = text.encode() * (MAX_MARKS // (len(text) - len(text.strip("\n")) or 1) + 1)

    found = read("big.py", body[: 2 * 1024 * 1024], Watch(lambda: 0.0))

    assert found == Unread("big.py", f"not read: more than {MAX_MARKS:,} signs to parse")


def test_a_long_text_in_python_is_no_reason_to_give_up() -> None:
    body = b"DATA = '" + b"a b c " * 300_000 + b"'\nprint(DATA)\n"

    assert isinstance(read("data.py", body, Watch(lambda: 0.0)), Module)


def test_a_package_has_an_end_too_and_says_so(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    place.fill({f"app{n}.py": b"c.invoke(FunctionName='x')\n" for n in range(5)})

    done = review(place.pack(), "orders", Slow(PACKAGE_S / 3))

    over = f"the package took over {PACKAGE_S:.0f} s"
    assert {u.why for u in done.unread} >= {f"not read: {over}", f"partly read: {over}"}
    assert 0 < done.files < 5


def test_the_time_of_a_file_ends_and_not_before() -> None:
    clock = VirtualClock()
    watch = Watch(clock.processor)

    with watch.on("a.py"), pytest.raises(TookTooLongError, match="took over 2 s"):  # noqa: PT012
        clock.advance(FILE_S)
        watch.look()
        clock.advance(0.01)
        watch.look()


def test_the_time_of_a_file_goes_on_when_it_is_worked_on_again() -> None:
    clock = VirtualClock()
    watch = Watch(clock.processor)
    for _ in range(2):
        with watch.on("a.py"):
            clock.advance(FILE_S * 0.6)

    with pytest.raises(TookTooLongError, match="took over 2 s"), watch.on("a.py"):
        raise AssertionError("it was begun")


def test_what_another_file_takes_meanwhile_is_not_the_files_own() -> None:
    clock = VirtualClock()
    watch = Watch(clock.processor)

    with watch.on("a.py"):
        clock.advance(FILE_S * 0.6)
        with watch.on("b.py"):
            clock.advance(FILE_S * 0.9)
            watch.look()
        clock.advance(FILE_S * 0.3)
        watch.look()
        clock.advance(FILE_S * 0.2)
        with pytest.raises(TookTooLongError):
            watch.look()


def test_what_belongs_to_no_file_has_no_end() -> None:
    clock = VirtualClock()
    watch = Watch(clock.processor)
    clock.advance(PACKAGE_S * 2)

    watch.look()


def test_a_file_that_takes_too_long_to_follow_is_partly_read_and_others_are_followed() -> None:
    small = HANDLER + "    c.put_object(Bucket='b', Key='k')\n"
    files = {"app.py": HANDLER + "    c.put_object(Bucket=event['b'])\n" * 500, "small.py": small}
    modules = [read(path, text.encode()) for path, text in files.items()]

    ground = groundwork(
        [m for m in modules if isinstance(m, Module)], watch=Watch(Slow(FILE_S * 0.6).processor)
    )

    assert ground.unread == (Unread("app.py", "partly read: took over 2 s"),)
    found = [s.function.module.path for s in ground.sinks]
    assert 0 < found.count("app.py") < 500
    assert found.count("small.py") == 1


def test_a_stack_that_takes_too_long_to_follow_is_partly_read() -> None:
    text = "import aws_cdk as cdk\nclass S(cdk.Stack):\n    def __init__(self):\n"
    text += "".join(f"        q{n} = sqs.Queue(self, 'Q{n}', queue_name='q')\n" for n in range(500))
    stack, infra = read("lib/stack.py", text.encode()), Infra()
    assert isinstance(stack, Module)

    unread = list(cdk.read([stack], infra, Watch(Slow(FILE_S * 0.4).processor)))

    assert unread == [Unread("lib/stack.py", "partly read: took over 2 s")]
    assert 0 < len(infra.resources) < 500


def test_a_chalice_application_that_takes_too_long_is_partly_read() -> None:
    text = "from chalice import Chalice\napp = Chalice(app_name='a')\n"
    text += "".join(f"@app.on_sqs_message(queue='q{n}')\ndef f{n}(e): ...\n" for n in range(900))
    module, infra = read("app.py", text.encode()), Infra()
    assert isinstance(module, Module)
    program = Program([module])

    late = Watch(Slow(FILE_S * 1.1).processor)
    given_up = list(chalice.read(program, Evaluator(program, late), infra))

    assert given_up == [("app.py", "took over 2 s")]
    assert 0 < len(infra.functions) < 900


@pytest.mark.parametrize(
    ("code", "seconds", "why"),
    [
        ("def handler(event, context:", 0.0, "not parsed: SyntaxError"),
        ("c.invoke(a[b])\n" * 400, FILE_S * 0.6, "not read: took over 2 s"),
    ],
)
def test_code_in_a_template_that_is_not_read_is_said(code: str, seconds: float, why: str) -> None:
    infra = Infra(inline={"t.yaml#F": Inline("t.yaml", "index.py", code)})

    ground = groundwork([], infra=infra, watch=Watch(Slow(seconds).processor))

    assert ground.unread == (Unread("t.yaml", f"code in it is {why}"),)


def test_a_busy_machine_gives_up_no_file(tmp_path: Path) -> None:
    class Waiting(VirtualClock):
        """The processor is with others."""

        def monotonic(self) -> float:
            """Much later at each look."""
            self.advance(PACKAGE_S)
            return super().monotonic()

        def processor(self) -> float:
            """Nothing."""
            return 0.0

    place = Place.beneath(tmp_path)
    place.fill({"app.py": MANY["app.py"].encode()})

    assert review(place.pack(), "orders", Waiting()).unread == ()


def test_more_ways_than_may_be_looked_at_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place.beneath(tmp_path)
    text = HANDLER + "    c.put_object(Bucket=event['Records'][0]['s3']['bucket']['name'])\n"
    place.fill({f"app{n}.py": text.encode() for n in range(20)})
    package = place.pack()
    assert review(package, "orders", VirtualClock()).unread == ()
    monkeypatch.setattr("signed_lambda.scan.graph.MAX_LOOKS", 5)

    done = review(package, "orders", VirtualClock())

    assert [u.path for u in done.unread] == ["the package"]
    assert done.fact().status is Status.WARNING


def grown(count: int) -> dict[str, dict[str, str]]:
    """Files that grow with a count, each in a way that once cost its square."""
    many = range(count)
    put = "    c.put_object(Bucket=event['Records'][0]['s3']['bucket']['name'], Key='k')\n"
    handlers = "".join(
        f"def handler{n}(event, context):\n    c.put_object(Bucket=event['b'])\n" for n in many
    )
    method = "    def run(self, b):\n        c.put_object(Bucket=b)\n        b.run(b)\n"
    classes = "".join(f"class A{n}:\n{method}" for n in many)
    stored = "".join(f"    x = x.a{n}\n    x(x)\n" for n in range(count * 5))
    exports = "".join(f"t.x{n}=a{n};" for n in many)
    sends = "".join(f"l.invoke(new s.x{n}({{FunctionName:t}}));" for n in many)
    load = "function n(r){var i=t[r]={exports:{}};return e[r](i,i.exports,n),i.exports}"
    bundle = f"var e={{1:(e,t,n)=>{{{exports}}}}},t={{}};{load}var s=n(1);"
    return {
        "many handlers": {"app.py": handlers},
        "many calls": {"app.py": HANDLER + put * count},
        "many methods of a name": {"app.py": classes},
        "many values of a variable": {"app.py": f"def f(x):\n{stored}"},
        "many exports of a bundle": {"a.js": f"(()=>{{{bundle}exports.f=()=>{{{sends}}}}})()"},
    }


@pytest.mark.parametrize("shape", grown(1))
def test_the_work_grows_with_the_file_and_not_with_its_square(tmp_path: Path, shape: str) -> None:
    work: list[tuple[int, int]] = []
    for count in (100, 200):
        place = Place.beneath(tmp_path / str(count))
        place.fill({path: text.encode() for path, text in grown(count)[shape].items()})
        package = place.pack()

        looked, surveyed = counted(lambda: survey(package, "orders", VirtualClock()))  # noqa: B023
        done, judged = counted(looked.judge)
        assert done.unread == ()
        work.append((surveyed, judged))

    assert all(of_double < 2.05 * once for once, of_double in zip(*work, strict=True))


def counted(do: Callable[[], T]) -> tuple[T, int]:
    """What it gives, and how many calls that took."""
    calls = itertools.count()
    sys.setprofile(lambda _frame, what, _arg: what in CALLS and next(calls))
    try:
        found = do()
    finally:
        sys.setprofile(None)
    return found, next(calls)


def test_callers_of_callers_of_a_construct_are_no_product_of_their_numbers() -> None:
    """Found by the fuzzer, as a slow unit."""

    def stack(calls: int) -> int:
        methods = "".join(
            f"m{n}(id) {{ new Queue(this, id);\n" + f"this.m{n + 1}(id);\n" * calls + "}\n"
            for n in range(4)
        )
        text = (
            f"import {{Stack}} from 'aws-cdk-lib';\nexport class S extends Stack {{\n{methods}}}\n"
        )
        module = read("lib/stack.ts", text.encode())
        assert isinstance(module, Module)
        return counted(lambda: list(cdk.read([module], Infra(), Watch(lambda: 0.0))))[1]

    assert stack(24) < 2.5 * stack(12)
