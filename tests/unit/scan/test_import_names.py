"""Imports that name no path: aliases of a compiler, packages of a workspace, layers."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

INVOKE = """
const AWS = require('aws-sdk');
const lambda = new AWS.Lambda();
module.exports = (name) => lambda.invoke({ FunctionName: name, Payload: '{}' }).promise();
"""
CALL = """
const invoke = require('SOURCE');
exports.handler = async (event, context) => invoke(context.functionName);
"""
PASSES_ON = "const invoke = require('./invoke');\nmodule.exports = exports = invoke;\n"


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("@libs/invoke", {"src/libs/invoke.js": INVOKE}),
        ("@/libs/invoke", {"src/libs/invoke.js": INVOKE}),
        ("~/libs/invoke", {"app/libs/invoke/index.js": INVOKE}),
        ("src/libs/invoke", {"src/libs/invoke.js": INVOKE}),
        ("/opt/nodejs/invoke", {"layers/common/nodejs/invoke.js": INVOKE}),
        ("@shop/invoker", {"packages/shop-invoker/src/index.js": INVOKE}),
        ("@shop/invoker", {"packages/invoker/index.js": INVOKE}),
        (
            "@shop/invoker",
            {"packages/invoker/src/index.js": PASSES_ON, "packages/invoker/src/invoke.js": INVOKE},
        ),
    ],
)
def test_an_import_without_a_path_is_found(source: str, files: dict[str, str]) -> None:
    code = {"src/app/main.js": CALL.replace("SOURCE", source)} | files

    found = scanned(code, {})

    assert [f.rule for f in found] == ["REC-SELF-CTX"]
    assert [f.path for f in found] == ["src/app/main.js"]


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("@libs/invoke", {"src/other/invoke.js": INVOKE}),
        ("@libs/invoke", {"a/libs/invoke.js": INVOKE, "b/libs/invoke.js": INVOKE}),
        ("invoker", {"packages/invoker/index.js": INVOKE}),
        ("@shop/invoker", {"packages/invokers/index.js": INVOKE}),
    ],
)
def test_what_may_be_two_files_or_a_package_from_elsewhere_is_none(
    source: str, files: dict[str, str]
) -> None:
    code = {"src/app/main.js": CALL.replace("SOURCE", source)} | files

    assert scanned(code, {}) == ()
