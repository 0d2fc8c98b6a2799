"""Step 12: the alias `HASH-<hex>` names a version by its code and configuration, for ever.

AWS does not make an alias immutable: it is created only, and verified on every use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from signed_lambda.chain.publish import PublishedVersion, wait_active
from signed_lambda.cloud import AlreadyExistsError
from signed_lambda.confighash import canonical, code_and_config
from signed_lambda.errors import AliasError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.model import AliasName
from signed_lambda.report.model import Fact, Link, Reach, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias, FunctionConfiguration
    from signed_lambda.confighash import Configuration
    from signed_lambda.errors import Problem
    from signed_lambda.model import Sha256


_NAME: Final = regex(r"HASH-(?P<hex>[0-9a-f]{64})")
IMMUTABLE: Final = "signed-lambda/1 immutable"
"""The Description of a hash alias of ours."""


@dataclass(frozen=True, slots=True)
class HashAlias:
    """The alias whose name is the version's code-and-config hash leads to that version."""

    name: AliasName
    version: str
    sha256: Sha256

    @classmethod
    def confirm(cls, published: PublishedVersion, answer: Alias) -> Self:
        """From the alias as Lambda answers it.

        Raises:
            AliasError: It leads elsewhere, or is weighted.
        """
        if answer.version != published.version or answer.weights:
            raise _moved(answer, f"it should lead to version {published.version} alone")
        return cls(answer.name, answer.version, published.code_and_config)

    def fact(self) -> Fact:
        """For the journal."""
        return Fact(
            step="hash-alias",
            title="Hash alias",
            status=Status.OK,
            proof=f"{self.name} -> {self.version}",
        )

    def links(self) -> tuple[Link, ...]:
        """The code-and-config hash."""
        name = f"Code and configuration of version {self.version}"
        return (Link(name=name, sha256=self.sha256, equals="the name of its hash alias"),)


def name_of(code: Sha256, configuration: Configuration) -> AliasName:
    """`HASH-` and 64 hex digits. Source: botocore model, shape Alias: 1-128, not all digits."""
    return AliasName(f"HASH-{code_and_config(code, configuration).hex}")


def create_hash_alias(bench: Workbench, order: Order, published: PublishedVersion) -> HashAlias:
    """Creates the hash alias, or verifies the one that is there.

    Raises:
        AliasError: The one that is there leads to another version.
    """
    name = name_of(published.sha256, published.configuration)
    # A recalled version was found by this alias; for a new one there was none a moment ago.
    alias = bench.cloud.alias(order.function, name) if published.recalled else None
    if alias is None:
        bench.journal.writing(max(bench.journal.reach, Reach.VERSION))
        try:
            alias = bench.cloud.create_alias(order.function, name, published.version, IMMUTABLE)
        except AlreadyExistsError:
            alias = bench.cloud.alias(order.function, name)
    if alias is None:
        raise AliasError.of(
            "E-ALIAS-03",
            f"alias {name} exists when it is created and is missing when it is read",
            "Run it again when other deployments of the function have ended",
        )
    return HashAlias.confirm(published, alias)


def find_by_hash(
    bench: Workbench, order: Order, code: Sha256, configuration: Configuration
) -> PublishedVersion | None:
    """The version that already holds exactly this code and configuration, or None.

    A build that comes back (a reverted commit) is released again as the version it was, not
    published twice: one content, one version, one hash alias.

    Raises:
        AliasError: The hash alias leads to something else than its name says.
        HashMismatch: The version's code does not download as that hash.
    """
    name = name_of(code, configuration)
    alias = bench.cloud.alias(order.function, name)
    if alias is None:
        return None
    held = bench.cloud.held(order.function, alias.version)
    if held is None:
        raise _moved(alias, "that version does not exist")
    if alias.weights or not _is_named(held.configuration, code, configuration):
        raise _moved(alias, "that version holds other code or another configuration")
    if held.configuration.state != "Active":
        held = wait_active(bench, order.function, alias.version)
    to = bench.new_file("named.zip")
    got = bench.cloud.download_code(order.function, alias.version, to, held)
    published = PublishedVersion.recall(code, held.configuration, got)
    to.unlink()
    return published


def versions_of(
    bench: Workbench, order: Order, aliases: Iterable[Alias]
) -> tuple[FunctionConfiguration, ...]:
    """The function's versions, where any of its aliases is a hash alias; else none is asked for."""
    named = any(_NAME.fullmatch(alias.name) for alias in aliases)
    return tuple(bench.cloud.versions(order.function)) if named else ()


def moved_hash_aliases(
    bench: Workbench,
    order: Order,
    aliases: Iterable[Alias],
    versions: Iterable[FunctionConfiguration],
) -> Iterator[Problem]:
    """A problem for each hash alias that leads to something else than its name says.

    Two lists tell it of all of them; a version that the list seems to show otherwise is asked for
    by itself, so that a member which lists leave out is no drift.

    Args:
        bench: The means.
        order: Says the function.
        aliases: All aliases of the function.
        versions: What `versions_of` them gave.
    """
    named = [(a, m["hex"]) for a in aliases if (m := _NAME.fullmatch(a.name))]
    listed = {v.version: v for v in versions}
    for alias, hex_ in named:
        version = listed.get(alias.version)
        if version is not None and _hash_of(version) != hex_:
            version = bench.cloud.function(order.function, alias.version)
        if alias.weights or version is None or _hash_of(version) != hex_:
            yield _moved(alias, "that version holds other code or another configuration").problems[
                0
            ]


def _hash_of(version: FunctionConfiguration) -> str:
    code = version.code_sha256
    return code_and_config(code, canonical(version.content)).hex if code is not None else ""


def _is_named(version: FunctionConfiguration, code: Sha256, configuration: Configuration) -> bool:
    same_configuration = canonical(version.content).sha256 == configuration.sha256
    return version.version != "$LATEST" and version.code_sha256 == code and same_configuration


def _moved(alias: Alias, why: str) -> AliasError:
    weights = f" with weights {dict(alias.weights)}" if alias.weights else ""
    return AliasError.of(
        "E-ALIAS-03",
        f"alias {alias.name} leads to version {alias.version}{weights}: {why}; somebody moved it",
        f"Find out who; then delete it (`aws lambda delete-alias --name {alias.name}`), the next"
        " run creates it again",
    )
