"""AWS credentials that are written in the code.

Why: whoever reads the package or the repository can use them, and they stay valid until somebody
deletes them; the function has a role of its own, whose credentials change by themselves.

Bad::

    import boto3, os

    s3 = boto3.client(
        "s3",
        aws_access_key_id=os.environ["KEY_ID"],
        aws_secret_access_key="q7Zr1Kf9Lw3Xn5Vb8Jm2Tc6Ys4Hd0Gp7Uo1Ie5Ra",
    )

    def handler(event, context):
        return s3.list_buckets()

Good::

    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        return s3.list_buckets()

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/securing_access-keys.html
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.credentials import KEY_ID, SECRET, is_real
from signed_lambda.scan.handled import found_at
from signed_lambda.scan.python_files import last_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.python_files import PythonFile
    from signed_lambda.scan.world import World

ID: Final = "LAM-CREDENTIALS"
FIX: Final = (
    "Delete the key in IAM, take it out of the code and its history, and let the function's role"
    " do what it was for"
)
_WORDS: Final = regex(r"AKIA|ASIA|(?i:secret)")
_SECRET_NAME: Final = regex(r"(?i)secret_?(access)?_?key|aws_?secret")


def check(world: World) -> Iterator[Finding]:
    """Texts that are key ids, and secrets under a name that says so; what they are is not told."""
    for file in world.python.with_words(_WORDS):
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                what = _what(node, node.value, file)
                if what:
                    yield _finding(node, what, file)


def _what(node: ast.Constant, text: str, file: PythonFile) -> str:
    """What kind of credential a text is, "" for none."""
    if KEY_ID.fullmatch(text) and is_real(text):
        return "an access key id"
    named = _SECRET_NAME.search(_named(node, file))
    return "a secret access key" if named and SECRET.fullmatch(text) and is_real(text) else ""


def _named(node: ast.Constant, file: PythonFile) -> str:
    """What the text is called: a variable, an argument, a key."""
    parent = file.parents[node]
    if isinstance(parent, ast.keyword):
        return parent.arg or ""
    if isinstance(parent, ast.Assign):
        return " ".join(_target(target) for target in parent.targets)
    if isinstance(parent, ast.AnnAssign):
        return _target(parent.target)
    if isinstance(parent, ast.Dict):
        keys = (k for k, v in zip(parent.keys, parent.values, strict=True) if v is node)
        return " ".join(str(k.value) for k in keys if isinstance(k, ast.Constant))
    if isinstance(parent, ast.Call):
        return " ".join(
            str(a.value) for a in parent.args if isinstance(a, ast.Constant) and a is not node
        )
    return ""


def _target(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return last_part(target)


def _finding(node: ast.Constant, what: str, file: PythonFile) -> Finding:
    function = file.function(node)
    return found_at(
        ID,
        file.module,
        node.lineno,
        severity="medium" if what.startswith("a secret") else "low",
        function=function.name if function else "",
        message=f"The code holds {what} of AWS; it is not shown here",
        fix=FIX,
        evidence=f"{file.module.path}:{node.lineno}",
    )
