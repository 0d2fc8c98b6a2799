"""All hashes in full, and how to check them without this action.

Pure: imports escape, story and model.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from signed_lambda.report import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.model import Sha256
    from signed_lambda.report.model import Report


def short(sha256: Sha256) -> str:
    """The first 12 characters of the hash as Lambda shows it, as a code span."""
    return f"`{sha256.b64[:12]}…`"


def section(report: Report) -> str:
    """The folded list and commands; "" when there is no hash. A hash does not break in a table."""
    lines = [f"- {what}: {value}" for what, value in _values(report)]
    if not lines:
        return ""
    values = "\n".join(lines)
    commands = "\n\n".join(_commands(report))
    fence = f"\n\n{escape.fence(commands, 'sh')}" if commands else ""
    title = "Hashes in full, and how to check them"
    return f"<details><summary><b>{title}</b></summary>\n\n{values}{fence}\n\n</details>"


def _values(report: Report) -> Iterator[tuple[str, str]]:
    if report.build_sha256:
        yield "Build, hex", f"`{report.build_sha256.hex}`"
        yield "Build, base64", f"`{report.build_sha256.b64}`"
    if report.came_from:
        yield "Build, hex, as recorded", f"`{report.came_from.build_sha256.hex}`"
    if report.code_sha256:
        yield "`CodeSha256`, base64", f"`{report.code_sha256.b64}`"
    if report.comparison and report.comparison.code_sha256:
        version = escape.prose(report.comparison.version)
        yield f"Live version {version}, `CodeSha256`", f"`{report.comparison.code_sha256.b64}`"
    if report.config_sha256:
        yield "Configuration, hex", f"`{report.config_sha256.hex}`"
    if report.signing_job_id:
        named = escape.code(report.signing_profile) if report.signing_profile else ""
        job = escape.code(escape.clip(report.signing_job_id, 100))
        yield "Signing job", f"{job}, profile {named}" if named else job


def _commands(report: Report) -> Iterator[str]:
    if report.command == "plan" and report.build_sha256:
        commit = f"git checkout {report.run.commit}  # and build" if report.run.commit else ""
        root = report.package.repo_root if report.package else None
        how = report.package.compression if report.package else "default"
        compression = "" if how == "default" else f" INPUT_COMPRESSION={how}"
        source = "..." if root is None else shlex.quote(escape.clip(root or ".", 140))
        yield (
            f"{commit}\n"
            "action=../signed-lambda-deploy  # a clone of it, after `make demo` there\n"
            "# with INPUT_INCLUDE and INPUT_EXCLUDE where the workflow has them\n"
            f"INPUT_COMMAND=scan INPUT_SOURCE={source}{compression} \\\n"
            '  "$action/.venv/bin/python" -I "$action/entrypoint.py"\n'
            f"# prints build-sha256={report.build_sha256.hex}"
        ).lstrip("\n")
    if report.code_sha256 and report.version:
        yield _lambda_command(report, report.alias or report.version, report.code_sha256)
    elif report.comparison and report.comparison.code_sha256:
        yield _lambda_command(report, report.comparison.version, report.comparison.code_sha256)


def _lambda_command(report: Report, qualifier: str, expected: Sha256) -> str:
    words = (report.region, report.function_name, qualifier)
    region, name, which = (shlex.quote(escape.clip(word, 140)) for word in words)
    return (
        "aws lambda get-function-configuration \\\n"
        f"  {f'--region {region} ' if report.region else ''}--function-name {name}"
        f" --qualifier {which} \\\n"
        "  --query CodeSha256 --output text\n"
        f"# prints {expected.b64}"
    )
