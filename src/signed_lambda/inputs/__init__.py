"""The action's inputs: one table of what there is, and one function that reads them.

Imports `errors` and `model` only. Never reads a file, os.environ or the network: the caller passes
the environment. `table` has every input, `commands` every command, `outputs` every output.
"""

from signed_lambda.inputs.commands import COMMANDS, Command, CommandName
from signed_lambda.inputs.outputs import OUTPUTS, OUTPUTS_OF
from signed_lambda.inputs.reading import read
from signed_lambda.inputs.table import SPECS
from signed_lambda.inputs.values import (
    CodeTarget,
    CommentMode,
    FailOn,
    FunctionRef,
    HashAliasTarget,
    Inputs,
    LockLatest,
    Previous,
    RequireCodeSigning,
    Target,
    VersionTarget,
)

__all__ = [
    "COMMANDS",
    "OUTPUTS",
    "OUTPUTS_OF",
    "SPECS",
    "CodeTarget",
    "Command",
    "CommandName",
    "CommentMode",
    "FailOn",
    "FunctionRef",
    "HashAliasTarget",
    "Inputs",
    "LockLatest",
    "Previous",
    "RequireCodeSigning",
    "Target",
    "VersionTarget",
    "read",
]
