"""`signed_lambda confighash`: the CodeAndConfigSha256 of any function, for people and scripts.

    aws lambda get-function-configuration --function-name orders --qualifier live |
        python -m signed_lambda confighash

Reads one JSON object from stdin: the answer of GetFunctionConfiguration, or of GetFunction, as the
AWS CLI prints it. Prints the 64 hex digits that name the version's hash alias, alone on a line;
with `--canonical` the canonical form below it, which holds no value of the environment. Asks
nothing of AWS. The scheme is described in docs/config-hash.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.confighash import canonical, code_and_config
from signed_lambda.errors import DeployError, InputError
from signed_lambda.model import Sha256
from signed_lambda.report import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signed_lambda.confighash import Configuration
    from signed_lambda.console import Terminal

MAX_CHARACTERS: Final = 1_000_000
"""An answer has some thousand: 4 KB of environment are the largest part of one.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
_DO: Final = (
    "Pipe the answer of `aws lambda get-function-configuration --function-name NAME"
    " --qualifier ALIAS` into it"
)


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Prints the hash; the exit code, 0 or the error's own.

    Args:
        arguments: Nothing, or `--canonical`.
        terminal: Stdin holds the JSON.
    """
    try:
        if [*arguments] not in ([], ["--canonical"]):
            raise InputError.of(
                "E-INPUT-02",
                f"unknown arguments {' '.join(arguments)!r}",
                "Give none, or `--canonical`",
            )
        code, configuration = _read(terminal.stdin.read(MAX_CHARACTERS + 1))
    except DeployError as error:
        for problem in error.problems:
            terminal.stderr.write(f"{escape.log(str(problem))} Nothing was written.\n")
        return error.exit_code
    if configuration.unknown:
        names = escape.log(", ".join(configuration.unknown))
        terminal.stderr.write(
            f"warning: members that this version does not know are part of the hash: {names}\n"
        )
    terminal.stdout.write(f"{code_and_config(code, configuration).hex}\n")
    if arguments:
        members = [f"{json.dumps(name)}: {v}" for name, v in configuration.members.items()]
        lines = ["{", *(f"  {member}," for member in members[:-1]), *members[-1:], "}"]
        terminal.stdout.writelines(f"{escape.log(line)}\n" for line in lines)
    return 0


def _read(text: str) -> tuple[Sha256, Configuration]:
    """The code's hash and the configuration of the answer on stdin.

    Raises:
        InputError: It is no such answer.
        AccessError: The environment could not be decrypted.
    """
    if len(text) > MAX_CHARACTERS:
        raise _bad(f"has more than {MAX_CHARACTERS:,} characters")
    try:
        answer = json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad(f"is not JSON ({error.msg}, line {error.lineno})") from None
    except RecursionError:
        raise _bad("is not JSON: it is nested too deeply") from None
    if isinstance(answer, dict) and isinstance(answer.get("Configuration"), dict):
        answer = answer["Configuration"]
    if not isinstance(answer, dict) or not isinstance(answer.get("FunctionArn"), str):
        raise _bad("is no answer of GetFunctionConfiguration: it has no FunctionArn")
    try:
        code = Sha256.from_b64(str(answer.get("CodeSha256")))
    except ValueError:
        raise _bad("has no CodeSha256 of 44 characters of base64") from None
    return code, canonical(answer)


def _bad(says: str) -> InputError:
    return InputError.of("E-INPUT-03", f"stdin {says}", _DO)
