"""The program: inputs in, one command run, one report out. Only wiring; decides nothing itself.

Imports at the top what every command needs before it speaks to AWS. What only some need is imported
where they begin, and how a run is told when there is something to tell: a job waits for the first
request, and importing everything takes longer than all requests of a rollback.
tests/promises/test_imports.py holds it.
"""

from __future__ import annotations

import functools
import os
import random
import sys
import tempfile
import threading
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda import __version__
from signed_lambda.chain.workbench import Lanes
from signed_lambda.clock import Deadline, SystemClock
from signed_lambda.context import Context, order_of, repo_root
from signed_lambda.dispatch import COMMANDS
from signed_lambda.environment import ignored, known
from signed_lambda.errors import (
    Cancelled,
    DeployError,
    InternalError,
    RootError,
    refuse,
)
from signed_lambda.inputs import Inputs, read
from signed_lambda.journal import Journal
from signed_lambda.lazy import dataclass
from signed_lambda.plan import expected_hash, require
from signed_lambda.runner import Runner
from signed_lambda.signals import StopFlag
from signed_lambda.trust import gets_no_credentials, require_trusted_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from signed_lambda.chain.workbench import SideBySide
    from signed_lambda.cloud import Clock, Cloud
    from signed_lambda.model import Package
    from signed_lambda.privileges import Owner
    from signed_lambda.pull_request import Conversation
    from signed_lambda.report.model import Outcome, Report

    Connect = Callable[[Inputs, Deadline, Callable[[str], None]], Cloud]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What runs the action, whatever it is asked to do.

    Attributes:
        environ: The variables that are known here.
        workspace: Where the repository is checked out; paths in the inputs are relative to it.
        owner: What the process has to become before it talks to the network; None: it is no root.
        lanes: Makes what questions to AWS run side by side in.
    """

    environ: Mapping[str, str]
    runner: Runner
    journal: Journal
    clock: Clock
    stop: StopFlag
    workspace: Path
    owner: Owner | None
    lanes: Callable[[], SideBySide]

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A private, temporary folder."""
        if self.owner is not None:
            with self.owner.folder() as made:
                yield made
        else:
            with tempfile.TemporaryDirectory(
                prefix="signed-lambda-", ignore_cleanup_errors=True
            ) as name:
                yield Path(name)

    def give_up_root(self, folder: Path | None = None) -> None:
        """Becomes the owner of the workspace, for good."""
        if self.owner is not None:
            self.runner.hold_files()
            made = folder.iterdir() if folder is not None else ()
            self.journal.note(self.owner.become(made))


def main(
    environ: Mapping[str, str] | None = None,
    stdout: TextIO | None = None,
    connect: Connect | None = None,
    clock: Clock | None = None,
    *,
    stop: StopFlag | None = None,
    owner_of: Callable[[Path], Owner | None] = lambda _: None,
    lanes: Callable[[], SideBySide] = Lanes,
) -> int:
    """Runs the action once.

    Args:
        environ: The environment, the process's own by default.
        stdout: Where lines go.
        connect: Makes the connection to AWS; our own by default.
        clock: The time; the machine's by default, which ends waits at a stop signal.
        stop: Whether the run was cancelled; set by whoever handles signals.
        owner_of: What a process of root's has to become; by default it stays what it is.
        lanes: Makes what questions to AWS run side by side in; threads by default.

    Returns:
        The exit code: 0, or the error's own.
    """
    given = os.environ if environ is None else environ
    environ = known(given)
    stop = stop or StopFlag()
    runner = Runner(environ, stdout or sys.stdout)
    for name in SECRETS:
        runner.mask(environ.get(name, ""))
    clock = clock or SystemClock(stop)
    journal = Journal(clock, runner)
    if names := ignored(given):
        journal.warn(
            f"{', '.join(names)} in the environment {'is' if len(names) == 1 else 'are'} ignored:"
            " requests are redirected by inputs only (`https-proxy`, `aws-endpoint-url`)"
        )
    workspace = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    process = Process(
        environ=environ,
        runner=runner,
        journal=journal,
        clock=clock,
        stop=stop,
        workspace=workspace,
        owner=owner_of(workspace),
        lanes=lanes,
    )
    try:
        inputs = read(environ)
    except DeployError as error:
        return _refuse(process, error)
    deadline = Deadline.after(clock, inputs.timeout_s, stop.check)

    @functools.cache
    def talk() -> Conversation:
        from signed_lambda.pull_request import Conversation  # noqa: PLC0415 - see the module's docstring

        return Conversation(inputs, runner, environ, clock, stop)

    stop.last_words = lambda: runner.error(_what_stands(process, inputs))
    code, report = _run(process, inputs, deadline, talk, connect or _connect(environ, runner.mask))
    stop.settle()
    stop.exit_code = code
    stop.last_words = lambda: runner.warning(f"cancelled while it was told: {report.outcome}")
    # A cancelled job has seconds left: the log and the outputs first, and they alone. And root,
    # where it could not be given up, says nothing to the network.
    cancelled = stop.is_set() or code == Cancelled.exit_code
    quiet = cancelled or code == RootError.exit_code
    _tell(process, report, None if quiet else talk())
    if cancelled and code:
        runner.line(_what_stands(process, inputs))
    return code


SECRETS: Final = (
    "INPUT_GITHUB-TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
"""Variables whose values the runner may not know as secrets; what is fetched is masked in `aws`.

An earlier step may have minted them and told nobody. ACTIONS_RUNTIME_TOKEN and
ACTIONS_ID_TOKEN_REQUEST_TOKEN are the job's own, and masked from its start: a mask of them would
only print them once more. An access key's id is no secret: it stands in AWS's own logs.
Source: actions/runner, Worker.cs (InitializeSecretMasker: the parameters of all endpoints),
ContainerActionHandler.cs
"""


def _refuse(process: Process, error: DeployError) -> int:
    """Tells that the inputs cannot be read; the exit code."""
    try:
        process.give_up_root()
    except RootError as root:
        error = refuse((*error.problems, *root.problems))
    report = _close(process, None, "refused", error)
    _tell(process, report, None)
    return error.exit_code


def _tell(process: Process, report: Report, talk: Conversation | None) -> None:
    from signed_lambda.publishing import tell  # noqa: PLC0415 - see the module's docstring

    tell(report, process.runner, process.environ, talk, process.journal.build)


def _run(
    process: Process,
    inputs: Inputs,
    deadline: Deadline,
    talk: Callable[[], Conversation],
    connect: Connect,
) -> tuple[int, Report]:
    """Runs the command; every error becomes part of the report."""
    error: DeployError | None = None
    outcome: Outcome
    try:
        with process.folder() as folder:
            try:
                with process.stop.interruptible():
                    context = _prepared(process, inputs, deadline, talk, connect, folder)
            finally:  # the network comes next, be it to tell what went wrong
                process.give_up_root(folder)
            try:
                with process.stop.interruptible():
                    outcome = COMMANDS[inputs.command.name](context)
            finally:  # a question that nobody waits for any more is not repeated
                deadline.end()
    except DeployError as raised:
        error, outcome = raised, raised.outcome
    except Exception as raised:  # noqa: BLE001 - the one place where our own mistakes are told
        error, outcome = _internal(raised), "failed"
    report = _close(process, inputs, outcome, error)
    return (error.exit_code if error else 0), report


def _prepared(
    process: Process,
    inputs: Inputs,
    deadline: Deadline,
    talk: Callable[[], Conversation],
    connect: Connect,
    folder: Path,
) -> Context:
    """What is done before anything is said to the network: checks without AWS, and the build."""
    runner, journal, environ = process.runner, process.journal, process.environ
    deadline.check("beginning")
    order = order_of(inputs, runner, process.workspace)
    journal.know(region=inputs.function_region or inputs.aws_region or "")
    if runner.on_github and (why := runner.event().unreadable):
        journal.warn(
            f"what started this run could not be read ({why}): the pull request may stay"
            " without a comment"
        )
    require_trusted_event(inputs.command, runner.event(), environ)
    if inputs.aws_endpoint_url is not None:
        journal.warn(f"AWS calls go to {inputs.aws_endpoint_url} (aws-endpoint-url), not to AWS")
    if inputs.https_proxy is not None:
        journal.progress(f"all requests go through {inputs.https_proxy} (https-proxy)")
    return Context(
        inputs=inputs,
        order=order,
        deadline=deadline,
        journal=journal,
        workspace=process.workspace,
        folder=folder,
        package=_pack(process, inputs, deadline, folder)
        if "source" in inputs.command.needs
        else None,
        connect=lambda: connect(inputs, deadline, runner.line),
        talk=talk,
        from_fork=gets_no_credentials(runner.event(), environ),
        lanes=process.lanes(),
    )


def _pack(process: Process, inputs: Inputs, deadline: Deadline, folder: Path) -> Package:
    """The build, checked against expected-sha256; nothing is written before."""
    from signed_lambda.package import pack  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.scan.installed import SEARCH  # noqa: PLC0415 - see the module's docstring

    with _loading("signed_lambda.aws" if inputs.command.name != "scan" else None):
        package = pack(
            Path(inputs.source or ""),
            workspace=process.workspace,
            into=folder,
            include=inputs.include,
            exclude=inputs.exclude,
            allow_secret_files=inputs.allow_secret_files,
            compression=inputs.compression,
            search=SEARCH,
            check=lambda: deadline.check("packing"),
        )
    process.journal.packed(package, repo_root(package, process.workspace))
    require(expected_hash(package, inputs.expected_sha256))
    return package


@contextmanager
def _loading(module: str | None) -> Iterator[None]:
    """Imports a module meanwhile: packing leaves the interpreter alone for most of its time.

    The thread ends before what is done meanwhile counts as done: none may outlive root, whose
    privileges it would keep.
    """
    if module is None:
        yield
        return
    thread = threading.Thread(target=import_module, args=(module,), name="loading")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _connect(environ: Mapping[str, str], mask: Callable[[str], None]) -> Connect:
    def connect(inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Cloud:
        from signed_lambda.aws import Aws, UrlFetch, make_clients  # noqa: PLC0415 - see the module's docstring
        from signed_lambda.aws.pace import Pace  # noqa: PLC0415 - see the module's docstring
        from signed_lambda.aws.tls import read_ahead  # noqa: PLC0415 - see the module's docstring

        clients = make_clients(
            environ,
            region=inputs.aws_region,
            endpoint_url=inputs.aws_endpoint_url,
            mask=mask,
            proxy_url=inputs.https_proxy,
        )
        fetch = UrlFetch(mask, inputs.https_proxy)
        # They take a third of a round trip, and no lock of Python's.
        threading.Thread(target=read_ahead, name="certificates", daemon=True).start()
        return Aws(
            clients,
            clock=deadline.clock,
            deadline=deadline,
            fetch=fetch,
            say=say,
            pace=Pace(inputs.parallel_jobs, random.random),
        )

    return connect


def _internal(raised: Exception) -> InternalError:
    """Our mistake, in one line with its places: where we were, and where it was raised.

    No traceback and not the exception's own text: it may hold what must never be shown, such as a
    URL with a signature or a value of the function's environment.
    """
    import traceback  # noqa: PLC0415 - for a defect only

    frames = traceback.extract_tb(raised.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(Path(__file__).parent)]
    places = dict.fromkeys(f"{Path(f.filename).name}:{f.lineno}" for f in (*ours[-1:], frames[-1]))
    return InternalError.of(
        "E-INTERNAL-01",
        f"{type(raised).__name__} at {', raised in '.join(places)}",
        "Please report it with this line; running it again is safe",
    )


def _close(
    process: Process, inputs: Inputs | None, outcome: Outcome, error: DeployError | None
) -> Report:
    environ = process.environ
    return process.journal.close(
        command=inputs.command.name if inputs else environ.get("INPUT_COMMAND") or "deploy",
        outcome=outcome,
        function_name=inputs.function if inputs else environ.get("INPUT_FUNCTION-NAME", ""),
        alias=inputs.alias if inputs else environ.get("INPUT_ALIAS") or "live",
        run=process.runner.run(),
        action_version=__version__,
        reason=(inputs.reason if inputs else "") or "",
        error=error,
    )


def _what_stands(process: Process, inputs: Inputs) -> str:
    """The last line of a cancelled run."""
    return (
        f"E-CANCEL-01 The job was cancelled ({process.stop.signal_name})."
        f" What stands: {process.journal.left(inputs.alias)}."
        " Run it again: a new run goes on where this one stopped"
    )
