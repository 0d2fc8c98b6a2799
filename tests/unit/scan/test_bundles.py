"""Bundled and minified JavaScript: the same loop is found, and told where it was written.

The bundles are made by the bundlers themselves (tests/node/bundle.mjs).
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.scan import findings_in, review
from signed_lambda.scan.form import Module
from signed_lambda.scan.reading import read
from signed_lambda.scan.sourcemap import bundler_of
from signed_lambda.scan.world import world_of
from tests.promises.modules import ROOT
from tests.support.node import NODE, module
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

    from signed_lambda.scan import Review

AGAIN: Final = (
    "const client = new LambdaClient({{}});\n\n"
    "{export} = async (context, payload) => {{\n"
    "  // signed-lambda: allow REC-SELF-CTX -- until nothing is left\n"
    "  const command = new InvokeCommand({{\n"
    "    FunctionName: context.functionName,\n    Payload: JSON.stringify(payload),\n  }});\n"
    "  return client.send(command);\n}};\n"
)
HANDLER: Final = (
    "{export} = async (event, context) => {{\n  const rows = event.Records || [];\n"
    "  console.log(title, rows.length);\n  await again(context, {{ rows }});\n}};\n"
)
SOURCES: Final = {
    "app.js": "const { again } = require('./lib/again');\n"
    "const { title } = require('./lib/title');\n" + HANDLER.format(export="exports.handler"),
    "lib/again.js": "const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');\n"
    + AGAIN.format(export="exports.again"),
    # webpack's `require` keeps more of a file than its exports where one asks for its id
    "lib/title.js": "exports.title = module.id ? 'orders' : 'none';\n",
    "app.mjs": "import { again } from './lib/again.mjs';\n"
    "import { title } from './lib/title.mjs';\n" + HANDLER.format(export="export const handler"),
    "lib/again.mjs": "import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';\n"
    + AGAIN.format(export="export const again"),
    "lib/title.mjs": "export const title = 'orders';\n",
}
LINE: Final = 6
"""Of `new InvokeCommand` in both."""
MAPPED: Final = {
    "esbuild-cjs": "lib/again.js",
    "esbuild-cjs-min": "lib/again.js",
    "esbuild-esm": "lib/again.mjs",
    "rollup": "lib/again.mjs",
    "terser": "lib/again.mjs",
    "webpack": "lib/again.js",
    "webpack-dev": "lib/again.js",
    "webpack-esm": "lib/again.mjs",
    "ncc": "lib/again.js",
}
UNMAPPED: Final = {
    "esbuild-esm-min": "a minifier",
    "webpack-plain": "webpack",
    "webpack-esm-plain": "webpack",
    "ncc-min": "ncc",
}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all bundles."""
    packages = module("esbuild").parent
    for name in ("webpack", "rollup", "terser", "@vercel/ncc"):
        module(name)
    folder = tmp_path_factory.mktemp("bundles")
    for name, text in SOURCES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    script = ROOT / "tests" / "node" / "bundle.mjs"
    subprocess.run([NODE, script, packages, folder], check=True, cwd=folder)
    return folder / "out"


def reviewed(tmp_path: Path, bundles: Path, *names: str) -> Review:
    """The review of a package that holds these files of the bundles."""
    place = Place.beneath(tmp_path)
    place.fill({f"out/{name}": (bundles / name).read_bytes() for name in names})
    return review(place.pack(), "orders", VirtualClock())


@pytest.mark.parametrize("name", [*MAPPED, *UNMAPPED])
def test_the_loop_is_found_from_the_handler_in_every_bundle(
    tmp_path: Path, bundles: Path, name: str
) -> None:
    done = reviewed(tmp_path, bundles, f"{name}.js")

    assert [(f.rule, f.severity, f.path) for f in done.findings] == [
        ("REC-SELF-CTX", "high", f"out/{name}.js")
    ]
    assert done.unread == ()


@pytest.mark.parametrize("name", MAPPED)
def test_a_finding_is_told_where_it_was_written_and_a_comment_there_counts(
    tmp_path: Path, bundles: Path, name: str
) -> None:
    beside = [p.name for p in bundles.glob(f"{name}.js.map")]
    source = SOURCES[MAPPED[name]].splitlines()[LINE - 1].strip()

    done = reviewed(tmp_path, bundles, f"{name}.js", *beside)

    [found] = done.findings
    assert found.allowed == "until nothing is left"
    assert f"written as {MAPPED[name]}:{LINE} {source}" in found.evidence[0]
    assert done.bundles == ()


@pytest.mark.parametrize(("name", "by"), UNMAPPED.items())
def test_without_a_map_the_lines_are_said_to_be_of_the_bundle(
    tmp_path: Path, bundles: Path, name: str, by: str
) -> None:
    done = reviewed(tmp_path, bundles, f"{name}.js")

    assert done.bundles == (f"out/{name}.js (by {by})",)
    assert f"bundled, lines are of the bundle: out/{name}.js (by {by})" in done.fact().proof


def test_code_that_stands_in_texts_is_said_to_be_unread(tmp_path: Path, bundles: Path) -> None:
    done = reviewed(tmp_path, bundles, "webpack-eval.js")

    assert [(u.path, u.why) for u in done.unread] == [
        ("out/webpack-eval.js", "partly read: bundled, and its code stands in texts (eval)")
    ]


@pytest.mark.parametrize("path", SOURCES)
def test_what_people_write_is_no_bundle(path: str) -> None:
    assert bundler_of(SOURCES[path].encode()) == ""


# -- AWS's SDK in the bundle

LOAD: Final = (
    "var t={};function n(r){var o=t[r];if(void 0!==o)return o.exports;"
    "var i=t[r]={id:r,loaded:!1,exports:{}};return e[r].call(i.exports,i,i.exports,n),i.exports}"
)
"""A `require` of webpack."""
SENDS: Final = (
    "const f=async(e,t)=>{{await l.send(new {command}({{FunctionName:t.functionName}}))}};"
)


@pytest.mark.parametrize(
    "code",
    [
        (
            "var e={1:(e,t,n)=>{class InvokeCommand{}t.mdN=InvokeCommand}};"
            f"{LOAD}var s=n(1);{SENDS.format(command='s.mdN')}module.exports={{handler:f}};"
        ),
        (
            "var e={1:(e,t,n)=>{class a extends b(c,d,'Invoke',x){}t.mdN=a}};"
            f"{LOAD}var s=n(1);{SENDS.format(command='s.mdN')}module.exports={{handler:f}};"
        ),
        (
            "var e={1:(e,t,n)=>{class InvokeCommand{}t.a=InvokeCommand},"
            "2:(e,t,n)=>{var r=n(1);n.d(t,{mdN:()=>r.a})}};"
            f"{LOAD}var s=n(2);{SENDS.format(command='s.mdN')}module.exports={{handler:f}};"
        ),
        (
            "class a extends b(c,d,'Invoke',x){}"
            f"{SENDS.format(command='a')}module.exports={{handler:f}};"
        ),
        "var e={1:(e,t,n)=>{" + SENDS.format(command="InvokeCommand") + "n.d(t,['handler',0,f])}};"
        f"{LOAD}module.exports=n(1);",
        "var e={1:(e,t,n)=>{"
        + SENDS.format(command="InvokeCommand")
        + "n.d(t,['handler',()=>f])}};"
        f"{LOAD}module.exports=n(1);",
    ],
    ids=["renamed", "renamed and short", "handed on", "short", "list of values", "list of getters"],
)
def test_a_command_is_known_by_what_it_is_made_for(code: str) -> None:
    read_as = read("index.js", f"(()=>{{{code}}})()".encode())

    assert isinstance(read_as, Module)
    found = findings_in(world_of([read_as]))

    assert [f.rule for f in found] == ["REC-SELF-CTX"]


@pytest.mark.parametrize(
    "code",
    [
        "class a extends b(c,d,'invoke',x){}" + SENDS.format(command="a"),
        "class a extends b{}" + SENDS.format(command="a"),
        "var e={1:(e,t,n)=>{class Other{}t.mdN=Other}};" + LOAD + "var s=n(1);"
        f"{SENDS.format(command='s.mdN')}",
        "var e={1:(e,t,n)=>{class InvokeCommand{}t.a=InvokeCommand}};" + LOAD + "var s=n(1);"
        f"{SENDS.format(command='s.mdN')}",
    ],
    ids=["a word", "no call", "another", "not exported so"],
)
def test_any_other_class_is_no_command(code: str) -> None:
    read_as = read("index.js", f"(()=>{{{code}module.exports={{handler:f}};}})()".encode())

    assert isinstance(read_as, Module)
    assert findings_in(world_of([read_as])) == ()
