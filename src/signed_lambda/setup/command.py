"""The console command: arguments in, the state of each thing out, and what is missing made.

Without --apply nothing is written. With it, everything is looked at first; then one kind after the
other is looked at again and made, in an order in which a stop anywhere does no harm; then all is
looked at once more. botocore is imported late: wrong arguments are told at once.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda.clock import Deadline, SystemClock
from signed_lambda.environment import known
from signed_lambda.errors import (
    Cancelled,
    DeployError,
    IdentityError,
    InternalError,
    SetupError,
)
from signed_lambda.report.escape import visible
from signed_lambda.setup import (
    bucket,
    code_signing,
    function,
    profile,
    provider,
    roles,
    workflows,
)
from signed_lambda.setup.arguments import parser, read, wanted
from signed_lambda.setup.items import in_the_way, remedy, to_make
from signed_lambda.signals import StopFlag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from signed_lambda.console import Terminal
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.arguments import Arguments
    from signed_lambda.setup.items import Item
    from signed_lambda.setup.wanted import Wanted

    Say = Callable[[str], None]
    Connect = Callable[[Arguments, Mapping[str, str], Say], Account]

KINDS: Final = (function, provider, bucket, profile, roles, code_signing, workflows)
"""In the order in which they are made: what takes effect on the function is the last in AWS."""
TIME_S: Final = 600.0
_NO_CREDENTIALS: Final = "E-IDENTITY-01"
_WIDTH: Final = 100
_INDENT: Final = " " * 11


def main(arguments: Sequence[str], terminal: Terminal, connect: Connect | None = None) -> int:
    """Runs `signed_lambda setup`; the exit code.

    Args:
        arguments: Without the command's name.
        terminal: Environment and streams.
        connect: Makes the connection to AWS; botocore by default.
    """
    tell = _lines_to(terminal.stderr)
    try:
        given = read(parser().parse_args(list(arguments)))
        environ = known(terminal.environ)
        return _run(given, (connect or _connect)(given, environ, tell), _lines_to(terminal.stdout))
    except KeyboardInterrupt:
        error: DeployError = Cancelled.of(
            "E-CANCEL-01", "stopped", "Run it again: it goes on from what is there"
        )
    except IdentityError as raised:
        error = _for_people(raised)
    except DeployError as raised:
        error = raised
    except SystemExit:
        return 0  # --help
    for problem in error.problems:
        tell(str(problem))
    return error.exit_code


def _run(given: Arguments, account: Account, say: Say) -> int:
    """Looks, and makes what is missing if asked to.

    Raises:
        DeployError: Something is not as needed (`--check`, `--apply`), or could not be made.
    """
    names = wanted(given, account.identity())
    if given.shown:
        for line in workflows.filled(given.shown, names).splitlines():
            say(line)
        return 0
    say(
        f"setup of function {names.function} in {names.region}, account {names.account},"
        f" for {_repository(names)}"
    )
    items = _look(account, names)
    if given.mode == "apply":
        _apply(given, account, names, items, say)
        items = _look(account, names)
    for item in items:
        _show(item, say)
    if all(item.state == "ok" for item in items):
        say(_next(names))
        return 0
    if given.mode == "look":
        say(f"{_counted(items)}. Nothing was written; --apply makes what is missing.")
        return 0
    raise SetupError.of(
        "E-SETUP-01",
        f"not all is as a deploy needs it: {_counted(items)}",
        "The lines above say who can mend it",
    )


def _apply(
    given: Arguments, account: Account, names: Wanted, items: Sequence[Item], say: Say
) -> None:
    """Makes what is missing, kind by kind.

    Raises:
        SetupError: Something stands in the way; nothing was made.
    """
    stop = in_the_way(items)
    if stop:
        for item in items:
            _show(item, say)
        raise SetupError.of(
            "E-SETUP-03",
            f"nothing was written, because of: {', '.join(item.part for item in stop)}",
            "The lines above say who can mend it; then run it again",
        )
    profile.require_said(names, items)
    for kind in KINDS:
        for item in to_make(kind.look(account, names), given.changes):
            if item.make is None:
                raise InternalError.of("E-INTERNAL-01", f"{item.part} makes nothing", "Report it")
            say(f"  making   {item.part}")
            item.make()


def _look(account: Account, names: Wanted) -> tuple[Item, ...]:
    return tuple(item for kind in KINDS for item in kind.look(account, names))


def _show(item: Item, say: Say) -> None:
    """One thing: its state, what was found and, below, who can mend it; a command whole."""
    first = f"  {item.state:<9}{item.part}: {item.what}"
    lines = _wrapped(first, "", _INDENT)
    if item.state != "ok" and (help_ := remedy(item)):
        text, _, command = help_.partition("\n")
        lines += _wrapped(f"-> {text}", _INDENT, f"{_INDENT}   ")
        lines += [f"{_INDENT}   {command}"] if command else []
    for line in lines:
        say(line)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    """Lines of at most 100 characters; no name is broken."""
    return textwrap.wrap(
        visible(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counted(items: Iterable[Item]) -> str:
    """How many are in each state: "9 ok, 2 missing"."""
    states = [item.state for item in items]
    return ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(sorted(states)))


def _repository(names: Wanted) -> str:
    found = names.repository
    return f"{found.owner}/{found.name}" if found else "a repository that is not known yet"


def _next(names: Wanted) -> str:
    return (
        "All is as a deploy needs it. Next: edit the build step of the workflow files, limit the"
        f" environments production and rollback of {_repository(names)} to its default branch, and"
        " commit."
    )


def _lines_to(stream: TextIO) -> Say:
    """Writes lines; what cannot be seen is written out."""

    def say(line: str) -> None:
        stream.write(f"{visible(line)}\n")

    return say


def _for_people(error: IdentityError) -> IdentityError:
    """The same error; where there are no credentials, with advice for a terminal."""
    if error.problems[0].id != _NO_CREDENTIALS:
        return error
    return IdentityError.of(
        _NO_CREDENTIALS,
        error.problems[0].what,
        'Put them into the environment: eval "$(aws configure export-credentials --format env)"',
    )


def _connect(given: Arguments, environ: Mapping[str, str], say: Say) -> Account:
    """AWS with the credentials of the environment."""
    from signed_lambda.aws import make_clients  # noqa: PLC0415 - botocore costs time
    from signed_lambda.aws.setup import AwsSetup  # noqa: PLC0415 - likewise

    stop = StopFlag()
    clock = SystemClock(stop)
    clients = make_clients(
        environ, region=given.region, endpoint_url=given.endpoint_url, mask=_nothing_is_logged
    )
    return AwsSetup(
        clients,
        clock=clock,
        deadline=Deadline.after(clock, TIME_S, stop.check),
        say=say,
        mask=_nothing_is_logged,
    )


def _nothing_is_logged(_: str) -> None:
    """A terminal has no masks, and no secret is printed."""
