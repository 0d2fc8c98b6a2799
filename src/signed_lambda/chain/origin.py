"""The version behind an alias of another function, verified again, with its signed bytes.

The bytes are those that Lambda runs there, not an object of somebody's bucket: they hash to the
version's CodeSha256, and their signature is inside them. So nothing of the other account is read
but its function and Signer's word, and nothing is built or signed again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.chain.recall import examine
from signed_lambda.chain.upload import Bytes
from signed_lambda.confighash import unqualified
from signed_lambda.errors import InternalError, Problem, TargetError
from signed_lambda.lazy import dataclass
from signed_lambda.model import Sha256
from signed_lambda.plan import publisher_is_allowed
from signed_lambda.records import VersionRecord
from signed_lambda.report.model import CameFrom, Fact, Link, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.publish import PublishedVersion
    from signed_lambda.chain.workbench import Order, Origin, Workbench
    from signed_lambda.cloud import Alias, Download, FunctionConfiguration, Identity

MADE_FOR: Final = ("Runtime", "Architectures", "Handler")
"""What code is made for: the same code does not start, or is not what was tried, where one of them
is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedOrigin:
    """The code of a version of another function: downloaded, re-hashed, its signature verified.

    Attributes:
        path: Of the bytes, in the run's folder.
        signing_job_arn, profile_version_arn: Of their signature, None of an unsigned version.
    """

    came_from: CameFrom
    path: Path
    signing_job_arn: str | None
    profile_version_arn: str | None

    @classmethod
    def confirm(cls, alias: Alias, published: PublishedVersion, got: Download) -> Self:
        """From the alias and the version, both as they were read.

        Raises:
            TargetError: The alias does not lead to this version alone, or no record of this action
                says from which build the version was made.
        """
        name = published.function
        if alias.version != published.version or alias.weights:
            raise TargetError.of(
                "E-TARGET-08",
                f"alias '{alias.name}' of {name} is routed to {alias.route}, and version"
                f" {published.version} was read",
                "Run it again: somebody moved the alias meanwhile",
            )
        record = published.record
        if record is None or not published.is_as_recorded:
            raise _unrecorded(name, published.version)
        origin = CameFrom(
            function_arn=unqualified(published.arn),
            alias=alias.name,
            version=published.version,
            code_sha256=published.sha256,
            build_sha256=Sha256(bytes.fromhex(record.build)),
            commit=record.commit,
        )
        return cls(
            came_from=origin,
            path=got.path,
            signing_job_arn=published.signing_job_arn,
            profile_version_arn=published.profile_version_arn,
        )

    @property
    def sha256(self) -> Sha256:
        """Of the bytes: the CodeSha256 that they must keep."""
        return self.came_from.code_sha256

    @property
    def bytes(self) -> Bytes:
        """What is stored in the target's bucket."""
        return Bytes(
            self.path,
            self.sha256,
            self._what,
            self.signing_job_arn,
            self.profile_version_arn,
        )

    @property
    def key(self) -> str:
        """Of the object, behind the prefix: the hash of the bytes themselves."""
        folder = "signed" if self.signing_job_arn else "unsigned"
        return f"{folder}/{self.sha256.hex}.zip"

    @property
    def _what(self) -> str:
        return f"the code of version {self.came_from.version} of {self.came_from.function_name}"

    def fact(self) -> Fact:
        """For the journal."""
        origin = self.came_from
        return Fact(
            step="origin",
            title=f"Take version {origin.version} of {origin.function_name}, behind its alias"
            f" '{origin.alias}'",
            status=Status.OK,
            proof=f"in {origin.place}; code downloaded and re-hashed: {self.sha256.b64}; published"
            f" from build {origin.build_sha256.hex} of commit {origin.commit or 'unknown'}",
        )

    def links(self) -> tuple[Link, ...]:
        """The chain begins with what callers of the other alias run."""
        origin = self.came_from
        verified = ", and its signature verifies" if self.signing_job_arn else ""
        return (
            Link(
                name=f"CodeSha256 behind alias '{origin.alias}' of {origin.function_name}, version"
                f" {origin.version}",
                sha256=self.sha256,
                equals="",
            ),
            Link(
                name="Its code, downloaded",
                sha256=self.sha256,
                equals=f"its CodeSha256{verified}",
            ),
        )


class OriginLook:
    """The look at the other function, under way."""

    def __init__(self, bench: Workbench, origin: Origin) -> None:
        """Begins all questions; writes nothing and refuses nothing."""
        ask, name, alias = bench.ask, origin.function, origin.alias
        self._bench, self._origin = bench, origin
        self._cloud = cloud = ask(lambda: bench.cloud.elsewhere(origin.region, origin.role))
        self._identity = ask(lambda: cloud.result().identity())
        self._alias = ask(lambda: cloud.result().alias(name, alias))
        self._held = ask(lambda: cloud.result().held(name, alias))

    def problems(self, order: Order, observed: Observed) -> Iterator[Problem]:
        """All that stands against the promotion, as far as it takes no download.

        Raises:
            AccessError: The role, or `from-role`, may not look.
        """
        origin, identity = self._origin, self._identity.result()
        if origin.account not in (None, identity.account):
            yield Problem(
                "E-IDENTITY-22",
                f"from-function is of account {origin.account}, the credentials are of"
                f" {identity.account}",
                "Give from-role: a role of that account which these credentials may assume"
                " (docs/iam/promote-source.json)",
            )
            return
        if _is_same(origin, identity, order, observed.identity):
            yield Problem(
                "E-INPUT-04",
                f"from-function is function-name itself, '{order.function}'",
                "Leave it out: from-alias is of the same function then",
            )
            return
        alias, held = self._alias.result(), self._held.result()
        if alias is None or held is None or alias.weights or alias.version == "$LATEST":
            state = f"routed to {alias.route}" if alias and held else "missing"
            yield Problem(
                "E-TARGET-08",
                f"alias '{origin.alias}' of {origin.function} in {identity.region}/"
                f"{identity.account} is {state}",
                "Promote from an alias that routes all calls to one published version",
            )
            return
        yield from _version(order, observed, held.configuration)

    def verified(self, order: Order, observed: Observed) -> VerifiedOrigin:
        """The version's code, downloaded and verified as before a rollback.

        Raises:
            TargetError, HashMismatch, SignatureError: It cannot be used.
        """
        alias, held, origin = self._alias.result(), self._held.result(), self._origin
        if alias is None or held is None:
            raise InternalError.of("E-INTERNAL-01", "an origin that is not there", "Report it")
        version = replace(held.configuration, arn=_version_arn(held.configuration))
        published, got = examine(
            replace(self._bench, cloud=self._cloud.result()),
            replace(order, function=origin.function),
            replace(observed, identity=self._identity.result()),
            replace(held, configuration=version),
        )
        return VerifiedOrigin.confirm(alias, published, got)


def _is_same(origin: Origin, there: Identity, order: Order, here: Identity) -> bool:
    same_place = (there.account, there.region) == (here.account, here.region)
    return same_place and origin.function == order.function


def _version_arn(version: FunctionConfiguration) -> str:
    """Of the version: Lambda answers with the alias' ARN where the alias was asked for."""
    return f"{unqualified(version.arn)}:{version.version}"


def _version(order: Order, observed: Observed, version: FunctionConfiguration) -> Iterator[Problem]:
    """What the version itself tells against it."""
    if version.package_type != "Zip":
        yield Problem(
            "E-TARGET-09",
            f"{version.name} is a container image function, {order.function} takes zip packages",
            "Promote between functions of one package type",
        )
        return
    yield from _made_for(order, observed, version)
    if VersionRecord.parse(version.description) is None:
        yield from _unrecorded(version.name, version.version).problems
    signing, publisher = observed.code_signing, version.signing_profile_version_arn
    if publisher is not None and signing is not None:
        yield from publisher_is_allowed(publisher, signing)


def _made_for(
    order: Order, observed: Observed, version: FunctionConfiguration
) -> Iterator[Problem]:
    """Where the code would not start as it does there."""
    here = observed.function
    if here is None or here.package_type != "Zip":
        return  # the plan says so
    for member in MADE_FOR:
        there, ours = _told(version, member), _told(here, member)
        if there != ours:
            yield Problem(
                "E-TARGET-09",
                f"{member} of version {version.version} of {version.name} is {there}, of"
                f" {order.function} it is {ours}: the same code would not run in the same way",
                f"Give {order.function} the same {member}, or deploy to it from the source",
            )


def _told(function: FunctionConfiguration, member: str) -> str:
    """Architectures are a list, and x86_64 where an old answer leaves them out."""
    value = function.content.get(member) or (["x86_64"] if member == "Architectures" else "none")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _unrecorded(name: str, version: str) -> TargetError:
    return TargetError.of(
        "E-TARGET-10",
        f"version {version} of {name} carries no record of this action that fits it: nothing says"
        " from which build it was signed",
        "Deploy it there with this action, then promote that",
    )
