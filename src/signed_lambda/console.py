"""Commands for people, at a terminal: `signed_lambda NAME ...`, `python -m signed_lambda NAME ...`.

Nothing of it is for the action, whose entry point is entrypoint.py: a command's module is imported
when it is asked for, and only then. May read the environment and hold the streams.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "confighash": (
        "signed_lambda.commands.confighash",
        "CodeAndConfigSha256 of the GetFunctionConfiguration JSON on stdin",
    ),
    "setup": ("signed_lambda.setup.command", "look at what a first deploy needs, and make it"),
}
"""Each command: the module whose `main(arguments, terminal)` it is, and what it does."""
_MISUSED: Final = 10
"""As errors.InputError."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a command reads and writes beside its arguments."""

    environ: Mapping[str, str]
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO


def main(arguments: Sequence[str] | None = None, terminal: Terminal | None = None) -> int:
    """Runs the command that the first argument names; its exit code.

    Args:
        arguments: Without the program's name; the process's own by default.
        terminal: The process's own by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal = terminal or Terminal(os.environ, sys.stdin, sys.stdout, sys.stderr)
    if given[:1] in (["-h"], ["--help"]):
        terminal.stdout.write(_usage())
        return 0
    if not given or given[0] not in COMMANDS:
        terminal.stderr.write(_usage())
        return _MISUSED
    module, _ = COMMANDS[given[0]]
    code: int = import_module(module).main(given[1:], terminal)
    return code


def _usage() -> str:
    lines = [f"  {name:<12}{what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(["usage: signed_lambda COMMAND ...", "", *lines, ""])
