"""Installed packages are most of a zip and hardly ever call AWS: read only where they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_sandbox.core import VirtualClock
from signed_lambda.report.model import Status
from signed_lambda.scan import review
from tests.unit.package.trees import Place

if TYPE_CHECKING:
    from pathlib import Path

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
