"""Installed packages are most of a zip and hardly ever call AWS: read only where they may."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_sandbox.core import VirtualClock
from signed_lambda.package import crew
from signed_lambda.report.model import Status
from signed_lambda.scan import review
from signed_lambda.scan.installed import SEARCH, uses_sdk
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from signed_lambda.scan import Review

CALL = "def again(client, context):\n    client.invoke(FunctionName=context.function_name)\n"
JS_CALL = "exports.again = (c, context) => c.invoke({FunctionName: context.functionName});\n"
RECORD = "six.py,,\nsix-1.dist-info/RECORD,,\n"


def reviewed(folder: Path, files: dict[str, str]) -> Review:
    """The review of a package of these files."""
    place = Place.beneath(folder)
    place.fill({name: text.encode() for name, text in files.items()})
    return review(place.pack(), "orders", VirtualClock())


def test_an_installed_package_that_does_not_name_the_sdk_is_passed_over_and_counted(
    tmp_path: Path,
) -> None:
    done = reviewed(
        tmp_path,
        {
            "app.py": "def handler(event, context):\n    return 1\n",
            "six.py": "def pad(text):\n    return text\n",
            "six-1.dist-info/RECORD": RECORD,
            "node_modules/left-pad/index.js": "exports.pad = (text) => text;\n",
        },
    )

    assert (done.files, done.installed, done.findings, done.unread) == (1, 2, (), ())
    assert done.fact().status is Status.OK
    assert "2 files of installed packages without calls of AWS aside" in done.fact().proof


@pytest.mark.parametrize(
    ("name", "text", "others"),
    [
        ("six.py", f"import boto3\n{CALL}", {"six-1.dist-info/RECORD": RECORD}),
        ("node_modules/x/index.js", f"const A = require('aws-sdk');\n{JS_CALL}", {}),
        ("six.py", CALL, {}),
        ("six.py", CALL, {"six-1.dist-info/RECORD": RECORD}),
        ("app.py", CALL, {"boto3-1.dist-info/RECORD": "app.py,,\n"}),
        ("src/app.py", CALL, {"boto3-1.dist-info/RECORD": "src/app.py,,\n"}),
        ("node_modules/x/index.js", JS_CALL, {}),
    ],
    ids=["python", "node", "not installed", "own name", "forged", "forged folder", "node's name"],
)
def test_a_package_that_names_the_sdk_and_the_functions_own_code_are_read(
    tmp_path: Path, name: str, text: str, others: dict[str, str]
) -> None:
    done = reviewed(tmp_path, {name: text, **others})

    assert (done.files, done.installed) == (1, 0)
    assert [f.path for f in done.findings] == [name]


@pytest.mark.parametrize(
    ("files", "passed_over"),
    [
        ({"boto3/a.py": CALL, "boto3-1.dist-info/RECORD": "boto3/a.py,,\n"}, 1),
        ({"node_modules/@aws-sdk/client-lambda/a.js": JS_CALL}, 1),
        ({"node_modules/aws-sdk/a.js": f"// aws-sdk\n{JS_CALL}"}, 1),
        ({"node_modules/aws-sdk-helper/a.js": f"// aws-sdk\n{JS_CALL}"}, 0),
        ({"six/a.js": JS_CALL, "six/b.py": "", "six-1.dist-info/RECORD": "six/a.js,,\n"}, 1),
        ({f"lib/botocore/{n}.py": CALL for n in ("session", "client", "endpoint", "new")}, 4),
        ({f"botocore/{n}.py": CALL for n in ("session", "client")}, 0),
        ({f"notbotocore/{n}.py": CALL for n in ("session", "client", "endpoint")}, 0),
        ({f"js/aws-sdk/lib/{n}.js": JS_CALL for n in ("core", "service", "request", "s3")}, 4),
        ({f"node_modules/@smithy/a/dist-{n}/index.js": JS_CALL for n in ("cjs", "es")}, 2),
    ],
)
def test_the_sdk_itself_and_what_is_for_browsers_is_passed_over(
    tmp_path: Path, files: dict[str, str], passed_over: int
) -> None:
    assert reviewed(tmp_path, files).installed == passed_over


ALPHABET = (
    *("aws-sdk", "AWS_SDK", "aws-", "sdk", "exports.handler", "exports", ".handler = 1;"),
    *("function_name", "FunctionName", "function", "Name", "invokedFunctionArn", "lambda_handler"),
    *("lambda", "Handler", "\uff45xports.handler", "größer", "\n", " ", "_", "'", "client.invoke("),
)


@pytest.fixture
def packed_by_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a few files."""
    monkeypatch.setattr(crew, "MANY_FILES", 1)


@pytest.mark.usefixtures("packed_by_processes")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.lists(st.sampled_from(ALPHABET), max_size=6).map("".join), max_size=30))
def test_what_packing_finds_without_words_is_what_the_review_passes_over(
    tmp_path: Path, bodies: list[str]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        place = Place.beneath(Path(folder))
        texts = {f"node_modules/p/f{n}.{'jt'[n % 2]}s": text for n, text in enumerate(bodies)}
        place.fill({"index.js": b""} | {name: text.encode() for name, text in texts.items()})

        package = place.pack(search=SEARCH)

        passed_over = {n for n, t in texts.items() if not uses_sdk(t.encode(), "javascript")}
        assert package.wordless == passed_over


@pytest.mark.usefixtures("packed_by_processes")
def test_a_review_is_the_same_whether_packing_looked_for_words_or_not(tmp_path: Path) -> None:
    place = Place.beneath(tmp_path)
    own = "node_modules/own/index.js"
    others = {f"node_modules/p{n}/index.js": b"exports.n = %d;\n" % n for n in range(20)}
    loop = f"const {{ LambdaClient }} = require('@aws-sdk/client-lambda');\n{JS_CALL}"
    place.fill(others | {own: loop.encode(), "index.js": b"require('own');\n"})
    place.fill({"six.py": b"x = 1\n", "six-1.dist-info/RECORD": RECORD.encode()})
    place.fill({"node_modules/nobodys.js": b"exports.n = 1;\n"})

    searched = place.pack(search=SEARCH)

    assert searched.wordless == {*others, "node_modules/nobodys.js"}
    done = review(searched, "orders", VirtualClock())
    assert done == review(place.pack(), "orders", VirtualClock())
    assert (done.installed, done.files, [f.path for f in done.findings]) == (21, 3, [own])
