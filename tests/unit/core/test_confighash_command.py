"""`python -m signed_lambda confighash`: the hash of what is on stdin, or an error of our form."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from signed_lambda.console import Terminal, main

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "docs" / "config-hash-vectors.json").read_text("utf-8"))["vectors"]
GOOD = VECTORS[1]


def run(stdin: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    code = main(["confighash", *arguments], Terminal({}, io.StringIO(stdin), out, err))
    return code, out.getvalue(), err.getvalue()


def answer(vector: dict[str, Any]) -> dict[str, Any]:
    """What Lambda would answer for a vector's function."""
    code = base64.b64encode(bytes.fromhex(vector["code_sha256"])).decode()
    return {**vector["content"], "CodeSha256": code}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_it_prints_the_hash_of_each_vector(vector: dict[str, Any]) -> None:
    code, out, _ = run(json.dumps(answer(vector)))

    assert (code, out) == (0, vector["code_and_config_sha256"] + "\n")


def test_the_answer_of_get_function_does_too() -> None:
    whole = {"Configuration": answer(GOOD), "Code": {"Location": "https://x"}}

    assert run(json.dumps(whole))[1] == GOOD["code_and_config_sha256"] + "\n"


def test_the_canonical_form_is_printed_on_demand_and_shows_no_variable() -> None:
    content = answer(GOOD)
    content["Environment"] = {"Variables": {"KEY": "s3cr3t-v4lue"}}

    code, out, err = run(json.dumps(content), "--canonical")

    first, _, rest = out.partition("\n")
    assert (code, err, len(first)) == (0, "", 64)
    assert set(json.loads(rest)) >= {"Runtime", "Handler", "Environment"}
    assert "s3cr3t" not in out


def test_members_that_are_not_known_are_told() -> None:
    code, out, err = run(json.dumps({**answer(GOOD), "Zeal": {"Level": 3}}))

    assert (code, len(out)) == (0, 65)
    assert out.strip() != GOOD["code_and_config_sha256"]
    assert "Zeal" in err


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        ("", "E-INPUT-03 stdin is not JSON (Expecting value, line 1)."),
        ("[" * 100_000, "E-INPUT-03 stdin is not JSON"),
        ("[]", "has no FunctionArn"),
        ("{}", "has no FunctionArn"),
        ('{"Configuration": []}', "has no FunctionArn"),
        (json.dumps(GOOD["content"]), "has no CodeSha256"),
        (json.dumps({**answer(GOOD), "CodeSha256": "abc"}), "has no CodeSha256"),
        (" " * 1_000_001, "has more than 1,000,000 characters"),
    ],
)
def test_what_is_no_answer_of_lambda_is_an_error_of_our_form(stdin: str, says: str) -> None:
    code, out, err = run(stdin)

    assert (code, out) == (10, "")
    assert says in err
    assert "get-function-configuration" in err
    assert err.endswith("Nothing was written.\n")


def test_an_environment_that_cannot_be_decrypted_has_no_hash() -> None:
    broken = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}

    code, out, err = run(json.dumps({**answer(GOOD), "Environment": broken}))

    assert (code, out) == (28, "")
    assert "E-ACCESS-02" in err


@pytest.mark.parametrize("arguments", [["--verbose"], ["--canonical", "x"], ["file.json"]])
def test_unknown_arguments_are_refused(arguments: list[str]) -> None:
    code, out, err = run(json.dumps(answer(GOOD)), *arguments)

    assert (code, out) == (10, "")
    assert "E-INPUT-02" in err


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 10), (["nothing"], 10), (["--help"], 0), (["-h"], 0)]
)
def test_the_commands_for_people_are_listed(arguments: list[str], code: int) -> None:
    out, err = io.StringIO(), io.StringIO()

    found = main(arguments, Terminal({}, io.StringIO(), out, err))

    assert found == code
    assert "confighash" in (err if code else out).getvalue()


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", _AS_MODULE, str(ROOT / "src"), "confighash"],
        input=json.dumps(answer(GOOD)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, GOOD["code_and_config_sha256"] + "\n")


_AS_MODULE = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('signed_lambda', run_name='__main__', alter_sys=True)"
)
