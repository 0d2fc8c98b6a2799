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
import traceback
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from signed_lambda import __version__
from signed_lambda.chain.observe import Observing
from signed_lambda.chain.smoke import read_smoke_event
from signed_lambda.chain.workbench import Lanes, Order, Origin, Workbench
from signed_lambda.clock import Deadline, SystemClock
from signed_lambda.environment import ignored, known
from signed_lambda.errors import (
    AttestationError,
    Cancelled,
    DeployError,
    IdentityError,
    InputError,
    InternalError,
    RootError,
    refuse,
)
from signed_lambda.inputs import Inputs, read
from signed_lambda.inputs.aws_names import account_of_role
from signed_lambda.journal import Journal
from signed_lambda.lazy import dataclass
from signed_lambda.plan import expected_hash, require, unseen
from signed_lambda.report.model import Status
from signed_lambda.review import ReviewedBuild, review_of
from signed_lambda.runner import Runner
from signed_lambda.signals import StopFlag
from signed_lambda.trust import gets_no_credentials, require_trusted_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from signed_lambda.attestation.roots import SigstoreRoots
    from signed_lambda.chain.workbench import SideBySide
    from signed_lambda.cloud import Clock, Cloud
    from signed_lambda.errors import Problem
    from signed_lambda.model import Package
    from signed_lambda.privileges import Owner
    from signed_lambda.pull_request import Conversation
    from signed_lambda.report.model import Outcome, Report
    from signed_lambda.reviewing import Reviewing
    from signed_lambda.signature import TrustRoots

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a command is run with.

    Attributes:
        folder: Private and temporary.
        package: The build; None for commands that need no source.
        connect: Makes the connection to AWS; commands without AWS never call it.
        talk: Gives what can be asked of GitHub.
        from_fork: The run is for a fork's pull request, which gets no credentials.
    """

    inputs: Inputs
    order: Order
    deadline: Deadline
    journal: Journal
    workspace: Path
    folder: Path
    package: Package | None
    connect: Callable[[], Cloud]
    talk: Callable[[], Conversation]
    from_fork: bool
    lanes: SideBySide

    def bench(self) -> Workbench:
        """The chain's means, with a connection to AWS."""
        import random  # noqa: PLC0415 - see the module's docstring

        run, function = self.order.run, self.order.function
        return Workbench(
            cloud=self.connect(),
            clock=self.deadline.clock,
            deadline=self.deadline,
            journal=self.journal,
            folder=self.folder,
            roots=_roots(self.inputs, self.workspace),
            lanes=self.lanes,
            # Jobs of one matrix share the run and differ in the function.
            spread=random.Random(f"{run.run_id}.{run.attempt}.{function}").random,  # noqa: S311 - no secret
        )

    def begin(self) -> Future[tuple[Workbench, Observing]]:
        """Connects to AWS and begins to look at it, beside the static review."""

        def connected() -> tuple[Workbench, Observing]:
            bench = self.bench()
            return bench, Observing(bench, self.order)

        return self.lanes.submit(connected)


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
    order = _order(inputs, runner, process.workspace)
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
        package=_pack(process, inputs, folder) if "source" in inputs.command.needs else None,
        connect=lambda: connect(inputs, deadline, runner.line),
        talk=talk,
        from_fork=gets_no_credentials(runner.event(), environ),
        lanes=process.lanes(),
    )


def _pack(process: Process, inputs: Inputs, folder: Path) -> Package:
    """The build, checked against expected-sha256; nothing is written before."""
    from signed_lambda.package import pack  # noqa: PLC0415 - see the module's docstring

    with _loading("signed_lambda.aws" if inputs.command.name != "scan" else None):
        package = pack(
            Path(inputs.source or ""),
            workspace=process.workspace,
            into=folder,
            include=inputs.include,
            exclude=inputs.exclude,
            allow_secret_files=inputs.allow_secret_files,
            compression=inputs.compression,
        )
    process.journal.packed(package, _repo_root(package, process.workspace))
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


def _roots(inputs: Inputs, workspace: Path) -> TrustRoots | None:
    """Instead of AWS's own: an emulator's."""
    if inputs.signer_root is None:
        return None
    from signed_lambda.signature import TrustRoots  # noqa: PLC0415 - see the module's docstring

    try:
        return TrustRoots.from_pem((workspace / inputs.signer_root).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError.of(
            "E-INPUT-03",
            f"signer-root: {inputs.signer_root!r} is not a readable PEM certificate"
            f" ({getattr(error, 'strerror', None) or error})",
            "Give the path of the emulator's root certificate, relative to the workspace",
        ) from error


def _deploy(context: Context) -> Outcome:
    from signed_lambda.chain.unchanged import Unchanged  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.commands.deploy import deploy  # noqa: PLC0415 - see the module's docstring

    package = _packed(context)
    begun = context.begin()
    reviewing = _review(context, package)
    if context.inputs.require_reviewed:
        _require_reviewed(context, package)
    _require_attestation(context, package)
    bench, observing = begun.result()
    done = deploy(bench, context.order, package, reviewing, observing)
    return "deployed" if not isinstance(done, Unchanged) and done.moved else "unchanged"


def _plan(context: Context) -> Outcome:
    from signed_lambda.commands.plan import plan  # noqa: PLC0415 - see the module's docstring

    package = _packed(context)
    begun = context.begin()
    reviewing = _review(context, package)
    context.journal.reviewed(None, required=context.inputs.require_reviewed)
    barred: tuple[Problem, ...] = ()
    try:
        _require_attestation(context, package)
    except AttestationError as error:
        barred = error.problems
    try:
        bench, observing = begun.result()
    except IdentityError as error:
        if not context.from_fork or error.problems[0].id != NO_CREDENTIALS:
            raise
        _say_that_forks_see_no_aws(context)
        reviewing.tell_unused()
        require((*barred, *reviewing.problems, *unseen(context.journal, context.order)))
        return "planned"
    done = plan(bench, context.order, package, reviewing, observing, barred)
    return "planned" if done is None else "unchanged"


NO_CREDENTIALS: Final = "E-IDENTITY-01"


def _say_that_forks_see_no_aws(context: Context) -> None:
    """GitHub gives a fork's pull request neither secrets nor a token for AWS.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflows-in-forked-repositories
    """
    context.journal.fact(
        step="observe",
        title="Look at AWS",
        status=Status.SKIPPED,
        proof="a fork's pull request has no AWS credentials: the build was reviewed without the"
        " function's live triggers",
    )


def _rollback(context: Context) -> Outcome:
    from signed_lambda.commands.rollback import rollback  # noqa: PLC0415 - see the module's docstring

    done = rollback(context.bench(), context.order, context.inputs.to)
    return "rolled-back" if done.moved else "unchanged"


def _promote(context: Context) -> Outcome:
    from signed_lambda.commands.promote import promote, promote_from  # noqa: PLC0415 - see the module's docstring

    source, origin = context.inputs.from_alias, context.order.origin
    if source is None:
        raise InternalError.of("E-INTERNAL-01", "promote without from-alias", "Report it")
    bench, order = context.bench(), context.order
    done = promote_from(bench, order, origin) if origin else promote(bench, order, source)
    return "promoted" if done.moved else "unchanged"


def _verify(context: Context) -> Outcome:
    from signed_lambda.commands.verify import verify  # noqa: PLC0415 - see the module's docstring

    verify(context.bench(), [*_orders(context)])
    return "verified"


def _history(context: Context) -> Outcome:
    from signed_lambda.commands.history import history  # noqa: PLC0415 - see the module's docstring

    history(context.bench(), context.order, context.talk().origins)
    return "listed"


def _lock(context: Context) -> Outcome:
    from signed_lambda.commands.lock import lock  # noqa: PLC0415 - see the module's docstring

    mode = context.inputs.lock_latest
    if not lock(context.bench(), context.order, mode):
        return "unchanged"
    return "locked" if mode == "policy" else "unlocked"


def _orders(context: Context) -> Iterator[Order]:
    """One for each alias that is named."""
    for named in context.inputs.functions:
        yield replace(
            context.order,
            function=named.name,
            alias=named.alias or context.inputs.alias,
            function_account=named.account,
            function_region=named.region,
        )


def _scan(context: Context) -> Outcome:
    _review(context, _packed(context)).conclude()
    return "scanned"


COMMANDS: Final[Mapping[str, Callable[[Context], Outcome]]] = {
    "deploy": _deploy,
    "plan": _plan,
    "rollback": _rollback,
    "promote": _promote,
    "verify": _verify,
    "history": _history,
    "lock": _lock,
    "scan": _scan,
}


def _packed(context: Context) -> Package:
    """The build of a command that needs a source."""
    if context.package is None:
        raise InternalError.of("E-INTERNAL-01", "a build that was never packed", "Report it")
    return context.package


def _review(context: Context, package: Package) -> Reviewing:
    """The static review of exactly the bytes that are packed, and of the templates around them."""
    from signed_lambda.reviewing import Reviewing  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.scan import allowed_in, survey  # noqa: PLC0415 - see the module's docstring
    from signed_lambda.scan.discovery import find_templates  # noqa: PLC0415 - see the module's docstring

    inputs, workspace = context.inputs, context.workspace
    templates, missing = find_templates(workspace, inputs.templates)
    root = _repo_root(package, workspace)
    surveyed = survey(
        package,
        str(inputs.function),
        context.deadline.clock,
        templates,
        root,
        allowed_in(workspace),
        missing=missing,
    )
    _read_other_reviews(context)
    return Reviewing(surveyed, inputs.fail_on, context.journal)


def _read_other_reviews(context: Context) -> None:
    """What `sarif-files` holds becomes part of the report; it blocks nothing."""
    if not context.inputs.sarif_files:
        return
    from signed_lambda.scan.sarif_files import read_sarif_files  # noqa: PLC0415 - see the module's docstring

    read = read_sarif_files(context.workspace, context.inputs.sarif_files)
    for missing in read.unread:
        context.journal.warn(f"{missing.path} (sarif-files): {missing.why}")
    context.journal.others(read.tools)
    fact = read.fact()
    context.journal.fact(step=fact.step, title=fact.title, status=fact.status, proof=fact.proof)


def _require_reviewed(context: Context, package: Package) -> None:
    """Only a build that the merged pull request's plan recorded goes on."""
    region = context.inputs.function_region or context.inputs.aws_region or ""
    known = context.talk().reviewed(region)
    context.deadline.check("asking GitHub what was reviewed")
    context.journal.reviewed(review_of(package, known), required=True)
    context.journal.note(ReviewedBuild.confirm(package, known))


def _require_attestation(context: Context, package: Package) -> None:
    """Only a build that the wanted workflow attested goes on."""
    inputs = context.inputs
    if inputs.require_attestation is None:
        return
    from signed_lambda.attestation import Attested, Wanted  # noqa: PLC0415 - see the module's docstring

    roots = _attestation_roots(inputs, context.workspace)
    wanted = Wanted(
        sha256=package.source_sha256 or package.sha256,
        repository=inputs.require_attestation,
        workflow=inputs.attestation_workflow or "",
    )
    found = context.talk().attestations(wanted.repository, wanted.sha256)
    context.deadline.check("asking GitHub for attestations")
    context.journal.note(Attested.confirm(wanted, found, roots))


def _attestation_roots(inputs: Inputs, workspace: Path) -> SigstoreRoots:
    from signed_lambda.attestation.roots import SigstoreRoots  # noqa: PLC0415 - see the module's docstring

    path = inputs.attestation_roots or ""
    try:
        return SigstoreRoots.read((workspace / path).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError.of(
            "E-INPUT-03",
            f"attestation-roots: {path!r} is no file of trusted roots"
            f" ({getattr(error, 'strerror', None) or error})",
            "Write it in a step before: `gh attestation trusted-root > trusted-root.jsonl`",
        ) from error


def _repo_root(package: Package, workspace: Path) -> str | None:
    """Where the package's files lie in the repository; None for a zip, whose files do not."""
    if package.source_sha256 is not None:
        return None
    root = (workspace / package.source).resolve().relative_to(workspace).as_posix()
    return "" if root == "." else root


def _order(inputs: Inputs, runner: Runner, workspace: Path) -> Order:
    return Order(
        command=inputs.command.name,
        function=inputs.function,
        alias=inputs.alias,
        bucket=inputs.bucket or "",
        prefix=inputs.prefix,
        owner=inputs.bucket_owner or "",
        profile=inputs.signing_profile,
        profile_owner=inputs.signing_profile_owner,
        require_code_signing=inputs.require_code_signing,
        allow_unsigned=inputs.allow_unsigned,
        hash_alias=inputs.hash_alias,
        keep_versions=inputs.keep_versions,
        origin=_origin(inputs),
        smoke_event=read_smoke_event(inputs.smoke_event, workspace),
        allow_older=inputs.allow_older,
        fail_on_unseen=inputs.fail_on_unseen,
        require_lock=inputs.lock_latest == "policy",
        reason=inputs.reason or "",
        function_account=inputs.function_account,
        function_region=inputs.function_region,
        allowed_accounts=inputs.allowed_account_ids,
        run=runner.run(),
    )


def _origin(inputs: Inputs) -> Origin | None:
    """Where a promotion comes from; None where that is the function itself."""
    named, alias, role = inputs.from_function, inputs.from_alias, inputs.from_role
    if named is None or alias is None:
        return None
    return Origin(
        function=named.name,
        alias=alias,
        account=named.account or (account_of_role(role) if role else None),
        region=named.region or inputs.aws_region or "",
        role=role,
    )


def _connect(environ: Mapping[str, str], mask: Callable[[str], None]) -> Connect:
    def connect(inputs: Inputs, deadline: Deadline, say: Callable[[str], None]) -> Cloud:
        from signed_lambda.aws import Aws, UrlFetch, make_clients  # noqa: PLC0415 - see the module's docstring
        from signed_lambda.aws.pace import Pace  # noqa: PLC0415 - see the module's docstring

        clients = make_clients(
            environ,
            region=inputs.aws_region,
            endpoint_url=inputs.aws_endpoint_url,
            mask=mask,
            proxy_url=inputs.https_proxy,
        )
        fetch = UrlFetch(mask, inputs.https_proxy)
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
