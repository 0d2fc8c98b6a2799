"""Files of others and minified ones cost what their share allows, after the function's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.scan import Review, findings_in, review
from signed_lambda.scan.evaluate import Evaluator
from signed_lambda.scan.explore import explore
from signed_lambda.scan.form import Module
from signed_lambda.scan.program import Program
from signed_lambda.scan.reading import Source
from signed_lambda.scan.watch import FILE_S, PACKAGE_S, Watch, untimed
from signed_lambda.scan.world import world_of
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

OWN = (
    "const AWS = require('aws-sdk');\nconst s3 = new AWS.S3();\n"
    "exports.handler = async (event, context) => {\n"
    "  const at = event.Records[0].s3;\n"
    "  await s3.putObject({ Bucket: at.bucket.name, Key: at.object.key }).promise();\n};\n"
)
LIBRARY = "".join(
    f"function f{n}(a){{var s=a.replace(/x/,'').replace('y','z'+a);"
    f"c.putObject({{Bucket:s+f{n + 1}(s),Key:s}});return s+f{n + 1}(s)+f{n + 2}(a)}}"
    for n in range(80)
)
"""One line, as minifiers write it, whose every value asks for all others."""


def reviewed(folder: Path, files: dict[str, str]) -> Review:
    place = Place.beneath(folder)
    place.fill({name: text.encode() for name, text in files.items()})
    return review(place.pack(), "orders", VirtualClock())


def modules(files: dict[str, str]) -> list[Module]:
    found = [Source(path, text.encode(), untimed()).read() for path, text in files.items()]
    return [m for m in found if isinstance(m, Module)]


@pytest.mark.parametrize("library", ["a.min.js", "z.min.js", "vendor/lib.js"])
def test_a_minified_library_takes_nothing_from_the_functions_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setattr("signed_lambda.scan.evaluate.ALL_STEPS", 20_000)
    monkeypatch.setattr("signed_lambda.scan.explore.SHARE", 500)

    done = reviewed(tmp_path, {library: LIBRARY, "index.js": OWN})

    assert [(f.rule, f.path) for f in done.findings] == [("REC-S3", "index.js")]
    assert [(u.path, u.why) for u in done.unread] == [
        (library, "partly read: of others or minified, and more to follow than its share")
    ]


@pytest.mark.parametrize(
    ("own", "tail"),
    [
        (OWN, ""),
        (OWN, "exports.run=function(event,context){return f0(event)}"),
        (OWN.replace("exports.handler =", "const later ="), ""),
    ],
    ids=["handler", "before another that may be one", "what nobody starts"],
)
def test_the_functions_own_files_come_first(
    monkeypatch: pytest.MonkeyPatch, own: str, tail: str
) -> None:
    monkeypatch.setattr("signed_lambda.scan.evaluate.ALL_STEPS", 400)
    program = Program(modules({"a.min.js": LIBRARY + tail, "z.js": own}))

    found = explore(program, Evaluator(program))

    assert found.sinks[0].function.module.path == "z.js"


def test_a_share_is_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signed_lambda.scan.explore.SHARE", 500)
    program = Program(modules({"a.min.js": LIBRARY, "b.min.js": LIBRARY, "index.js": OWN}))
    evaluator = Evaluator(program)

    found = explore(program, evaluator)

    assert found.cut == ("a.min.js", "b.min.js")
    assert not evaluator.is_over
    assert evaluator.spent < 10 * 500


def test_a_bundle_of_which_more_would_be_to_follow_is_named_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signed_lambda.scan.explore.SHARE", 500)
    helper = "var q=(e,t)=>()=>(t||e((t={exports:{}}).exports,t),t.exports);"
    files = "".join(f"var {name}=q((e,t)=>{{{LIBRARY}}});" for name in "AB")
    program = Program(modules({"index.js": f"{helper}{files}A();B();"}))

    found = explore(program, Evaluator(program))

    assert len(program.modules) == 3
    assert found.cut == ("index.js",)


def test_a_minified_handler_has_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signed_lambda.scan.explore.SHARE", 0)
    text = OWN.replace("\n", " ") + "//" + "x" * 500

    assert [f.rule for f in findings_in(world_of(modules({"index.js": text})))] == ["REC-S3"]


def test_the_functions_own_small_files_are_parsed_first() -> None:
    now = [0.0]

    def late() -> float:
        now[0] += FILE_S / 4
        return now[0]

    watch = Watch(late)
    many = int(PACKAGE_S / FILE_S) * 4
    sources = [
        Source(f"a{n}.js", f"c.putObject({n});{' ' * 99}".encode(), watch) for n in range(many)
    ]
    installed = Source("b.js", b"c.putObject(1)", watch, installed=True)
    own = Source("z.js", b"c.putObject(1)", watch)

    program = Program([installed, *sources, own])

    assert "z.js" in program.modules
    assert "b.js" not in program.modules
    assert program.unread[-1].path == "b.js"


def test_what_a_handler_calls_itself_is_found_before_what_that_leads_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signed_lambda.scan.evaluate.ALL_STEPS", 100)
    deep = "".join(
        f"function f{n}(a) {{ c.putObject({{Bucket: a + f{n + 1}(a), Key: a}}); f{n + 1}(a); }}\n"
        for n in range(60)
    )
    body = "exports.handler = async (event, context) => {\n  f0(event);\n"
    again = "  await l.invoke({ FunctionName: context.functionName });\n};\n"

    world = world_of(modules({"index.js": deep + body + again}))

    assert not world.complete
    assert [f.rule for f in findings_in(world)] == ["REC-SELF-CTX"]
