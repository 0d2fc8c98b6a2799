"""What a command is run with: its inputs, the order that they make, and the way to AWS and GitHub.

Imports what every command needs; see `main`.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.chain.observe import Observing
from signed_lambda.chain.smoke import read_smoke_event
from signed_lambda.chain.workbench import Order, Origin, Workbench
from signed_lambda.errors import InputError, InternalError
from signed_lambda.inputs.aws_names import account_of_role
from signed_lambda.lazy import dataclass
from signed_lambda.named_file import read_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from signed_lambda.chain.further import Further
    from signed_lambda.chain.workbench import SideBySide
    from signed_lambda.clock import Deadline
    from signed_lambda.cloud import Cloud
    from signed_lambda.inputs import Inputs
    from signed_lambda.journal import Journal
    from signed_lambda.model import Package
    from signed_lambda.pull_request import Conversation
    from signed_lambda.runner import Runner
    from signed_lambda.signature import TrustRoots

ROOTS_BYTES_MAX: Final = 4_194_304
"""Of a file of trusted roots; GitHub's has 60 KB."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The look at AWS, under way.

    Attributes:
        observing: What the plan needs.
        further: What its first answers make necessary.
    """

    bench: Workbench
    observing: Observing
    further: Future[Further]


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
        """The chain's means, with a connection to AWS.

        Raises:
            InputError: `signer-root` cannot be read.
        """
        bench = self._bench()
        bench.roots()
        return bench

    def _bench(self) -> Workbench:
        """As `bench`, before the trusted roots are read."""
        import random  # noqa: PLC0415 - see the module's docstring

        run, function = self.order.run, self.order.function
        return Workbench(
            cloud=self.connect(),
            clock=self.deadline.clock,
            deadline=self.deadline,
            journal=self.journal,
            folder=self.folder,
            roots=functools.cache(self._roots),
            lanes=self.lanes,
            # Jobs of one matrix share the run and differ in the function.
            spread=random.Random(f"{run.run_id}.{run.attempt}.{function}").random,  # noqa: S311 - no secret
            get_ready=_get_ready,
        )

    def begin(self) -> Future[Begun]:
        """Connects to AWS and begins to look at it: what follows runs beside the questions.

        Returns once the first are under way: a review that computes meanwhile would keep them from
        being sent. What went wrong comes out where the result is taken.
        """
        package = self.packed()

        def connected() -> Begun:
            bench = self._bench()
            observing = Observing(bench, self.order)

            def further() -> Further:
                from signed_lambda.chain.further import ask_further  # noqa: PLC0415 - see the module's docstring

                asked = ask_further(bench, self.order, package, observing)
                bench.roots()  # answers are under way; what cannot be read is told before a write
                return asked

            return Begun(bench, observing, bench.ask(further))

        begun = self.lanes.submit(connected)
        begun.exception()
        return begun

    def packed(self) -> Package:
        """The build; of a command that needs a source."""
        if self.package is None:
            raise InternalError.of("E-INTERNAL-01", "a build that was never packed", "Report it")
        return self.package

    def _roots(self) -> TrustRoots | None:
        """Instead of AWS's own: an emulator's."""
        path = self.inputs.signer_root
        if path is None:
            return None
        from signed_lambda.signature import TrustRoots  # noqa: PLC0415 - see the module's docstring

        try:
            return TrustRoots.from_pem(read_named(path, self.workspace, ROOTS_BYTES_MAX))
        except (OSError, ValueError) as error:
            raise InputError.of(
                "E-INPUT-03",
                f"signer-root: {path!r} is not a readable PEM certificate"
                f" ({getattr(error, 'strerror', None) or error})",
                "Give the path of the emulator's root certificate, relative to the workspace",
            ) from error


@functools.cache
def _get_ready() -> None:
    """Imports what comes after the first wait for AWS: the check of signatures, and the report."""
    from signed_lambda.publishing import tell  # noqa: F401, PLC0415 - see the module's docstring
    from signed_lambda.signature import verify_envelope  # noqa: F401, PLC0415 - see above


def order_of(inputs: Inputs, runner: Runner, workspace: Path) -> Order:
    """What the chain is asked for.

    Raises:
        InputError: `smoke-event` cannot be read.
    """
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


def orders_of(context: Context) -> Iterator[Order]:
    """One for each alias that is named."""
    for named in context.inputs.functions:
        yield replace(
            context.order,
            function=named.name,
            alias=named.alias or context.inputs.alias,
            function_account=named.account,
            function_region=named.region,
        )


def repo_root(package: Package, workspace: Path) -> str | None:
    """Where the package's files lie in the repository; None for a zip, whose files do not."""
    if package.source_sha256 is not None:
        return None
    root = (workspace / package.source).resolve().relative_to(workspace).as_posix()
    return "" if root == "." else root
