"""The commands of the action, as data: what each is for, writes and needs.

Imports the standard library only. `main` binds each command to its function; action.yml, README and
docs/inputs.md are generated from this table.
"""

from __future__ import annotations

from typing import Final, Literal

from signed_lambda.lazy import dataclass

CommandName = Literal["deploy", "plan", "rollback", "promote", "verify", "lock", "history", "scan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that the action can be asked to do.

    Attributes:
        name: As written in the workflow.
        help: What it does, for a person; one phrase.
        writes: It may change something in AWS.
        writes_what: What it may change, for the documentation.
        needs: Inputs that must not be empty.
        needs_unless_unsigned: Inputs that must not be empty unless `allow-unsigned` is true.
        needs_region: It calls AWS.
    """

    name: CommandName
    help: str
    writes: bool
    writes_what: str
    needs: tuple[str, ...]
    needs_unless_unsigned: tuple[str, ...] = ()
    needs_region: bool = True


COMMANDS: Final[dict[CommandName, Command]] = {
    command.name: command
    for command in (
        Command(
            name="deploy",
            help="sign, verify and publish the code of `source`, then move the alias to it",
            writes=True,
            writes_what="S3 objects, a signing job, $LATEST, a version, aliases",
            needs=("function-name", "source", "bucket"),
            needs_unless_unsigned=("signing-profile",),
        ),
        Command(
            name="plan",
            help="say what deploy would do, with a read-only role; for pull requests",
            writes=False,
            writes_what="nothing",
            needs=("function-name", "source"),
        ),
        Command(
            name="rollback",
            help="move the alias to an earlier version, after verifying that version again",
            writes=True,
            writes_what="the alias",
            needs=("function-name",),
        ),
        Command(
            name="promote",
            help="move the alias to what another alias runs, of this function or of one elsewhere,"
            " after verifying it again; never built or signed again",
            writes=True,
            writes_what="the alias; with `from-function` an S3 object, $LATEST, a version, aliases",
            needs=("function-name", "from-alias"),
        ),
        Command(
            name="verify",
            help="check that the alias still runs the recorded bytes, signed; for a schedule",
            writes=False,
            writes_what="nothing",
            needs=("function-name",),
        ),
        Command(
            name="lock",
            help="say what keeps callers from `$LATEST`, or write it into the function's policy",
            writes=True,
            writes_what="one statement of the function's resource policy, with `lock-latest`",
            needs=("function-name",),
        ),
        Command(
            name="history",
            help="list what was released: versions, hashes, commits, signatures, what can be rolled"
            " back to",
            writes=False,
            writes_what="nothing",
            needs=("function-name",),
        ),
        Command(
            name="scan",
            help="review the source without running it; needs no AWS role",
            writes=False,
            writes_what="nothing",
            needs=("source",),
            needs_region=False,
        ),
    )
}
