"""Looks at what was published and released: versions, aliases, and Signer's word on each; reads.

Nothing is downloaded: whether the bytes are what was recorded is `verify`'s to say. A look at the
signing side that the role may not make leaves its versions "unseen", with the reason.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from signed_lambda.chain.hash_alias import name_of
from signed_lambda.chain.observe import Subject, fitting_record
from signed_lambda.chain.signer_look import SignerArn, SignerLook
from signed_lambda.confighash import canonical
from signed_lambda.errors import AccessError
from signed_lambda.lazy import dataclass
from signed_lambda.plan import require_there
from signed_lambda.records import AliasRecord, VersionRecord
from signed_lambda.report.model import Release, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import (
        Alias,
        CodeSigning,
        FunctionConfiguration,
        SigningProfile,
    )
    from signed_lambda.report.model import Place, Standing

MOST: Final = 50
"""Versions that are listed, the newest: each costs two questions, Lambda takes 15 a second.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (API requests)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """What was found.

    Attributes:
        alias: As it is now, None where there is none.
        record: Of the move that brought it where it is, None where that was not this action's.
        listed: Newest first; the alias' version and the one before it always among them.
        older: How many versions were left out.
    """

    alias: Alias | None
    record: AliasRecord | None
    listed: tuple[Release, ...]
    older: int


def look_at_releases(bench: Workbench, order: Order) -> Releases:
    """All that Lambda and Signer tell of the function's versions.

    Raises:
        IdentityError, FunctionError: The function is not there, or of another account.
    """
    look = _Look(bench, order)
    look.require_there()
    versions, aliases = look.versions.result(), look.aliases.result()
    alias = next((a for a in aliases if a.name == order.alias), None)
    placed = _places(alias, AliasRecord.parse(alias.description) if alias else None)
    shown = [v for n, v in enumerate(reversed(versions)) if n < MOST or v.version in placed]
    states = {v.version: look.state(v.version) for v in shown}
    signers = {v.version: look.signer(v) for v in shown}
    live = states.get(alias.version) if alias else None
    record = fitting_record(alias, live.result() if live else None)
    places = _places(alias, record)
    listed = []
    for version in shown:
        standing, why = look.judged(version, states[version.version], signers[version.version])
        place: Place = places.get(version.version, "")
        moved_here = record if place == "live" else None
        written = VersionRecord.parse(version.description)
        profile = SignerArn.of(version.signing_profile_version_arn).name
        number = (version.signing_profile_version_arn or "").rpartition("/")[2]
        listed.append(
            Release(
                version=version.version,
                place=place,
                code_sha256=version.code_sha256,
                hash_alias=_named(states[version.version].result(), aliases),
                aliases=tuple(_others(version.version, aliases, order)),
                build=written.build if written else "",
                commit=written.commit if written else "",
                run=written.run if written else 0,
                attempt=written.attempt if written else 0,
                published_at=_in_utc(version.last_modified),
                command=moved_here.command if moved_here else "",
                reason=moved_here.reason if moved_here else "",
                signing_job_id=(version.signing_job_arn or "").rpartition("/")[2],
                signed_by=f"{profile}/{number}" if profile else "",
                standing=standing,
                why=why,
            )
        )
    look.tell_unseen()
    return Releases(
        alias=alias, record=record, listed=tuple(listed), older=len(versions) - len(shown)
    )


def _places(alias: Alias | None, record: AliasRecord | None) -> dict[str, Place]:
    """Versions with a place: where calls go (weights included), and where they went before."""
    places: dict[str, Place] = {}
    if record is not None and record.previous:
        places[record.previous] = "previous"
    for version in (alias.version, *alias.weights) if alias else ():
        places[version] = "live"
    return places


def _named(version: FunctionConfiguration | None, aliases: tuple[Alias, ...]) -> str:
    """The hash alias that names exactly this version's code and configuration, "" for none."""
    if version is None or version.code_sha256 is None:
        return ""
    name = name_of(version.code_sha256, canonical(version.content))
    exact = (a for a in aliases if a.name == name and a.version == version.version)
    return next((a.name for a in exact if not a.weights), "")


def _others(version: str, aliases: tuple[Alias, ...], order: Order) -> Iterator[str]:
    """Aliases but the order's own and hash aliases; those too that send only a part there."""
    for alias in aliases:
        leads = version in (alias.version, *alias.weights)
        if leads and alias.name != order.alias and not alias.name.startswith("HASH-"):
            yield alias.name


def _in_utc(lambdas: str) -> str:
    """Lambda's "2026-11-25T12:00:00.000+0000" to the second, in UTC; "" where it is none."""
    with suppress(ValueError):
        at = datetime.fromisoformat(lambdas)
        if at.tzinfo is not None:
            return at.astimezone(UTC).isoformat(timespec="seconds")
    return ""


class _Look:
    """The questions, under way; and what could not be seen."""

    def __init__(self, bench: Workbench, order: Order) -> None:
        cloud, name, ask = bench.cloud, order.function, bench.ask
        self._bench, self._order = bench, order
        self._identity = ask(cloud.identity)
        self._function = ask(lambda: cloud.function(name))
        self._signing = ask(lambda: cloud.code_signing(name))
        self.aliases = ask(lambda: cloud.aliases(name))
        self.versions = ask(lambda: cloud.versions(name))
        self._profiles: dict[SignerArn, Future[SigningProfile | None]] = {}
        self._unseen: dict[str, None] = {}

    def require_there(self) -> None:
        identity = self._identity.result()
        self._bench.journal.know(region=identity.region)
        function = self._function.result()
        subject = Subject(identity=identity, function=function, alias=None, held=None)
        require_there(self._order, subject)

    def state(self, version: str) -> Future[FunctionConfiguration | None]:
        """Lists of versions leave the state out: each is asked for by itself."""
        return self._bench.ask(lambda: self._bench.cloud.function(self._order.function, version))

    def signer(self, version: FunctionConfiguration) -> SignerLook:
        return SignerLook(self._bench, self._identity.result(), version, self._profiles)

    def judged(
        self,
        version: FunctionConfiguration,
        state: Future[FunctionConfiguration | None],
        signer: SignerLook,
    ) -> tuple[Standing, str]:
        """What a rollback to the version would be told, as far as it takes no download."""
        now = state.result()
        if now is None:
            return "refused", "deleted meanwhile"
        if now.state not in (None, "Active"):
            return "refused", f"{now.state}: {now.why_state}"
        if now.code_sha256 is None:
            return "refused", "Lambda names no CodeSha256: the code is no copy"
        if signer.is_unsigned:
            unsigned_is_taken = (
                self._order.require_code_signing == "off" or self._order.allow_unsigned
            )
            return ("usable" if unsigned_is_taken else "refused"), "unsigned"
        try:
            return _signed(
                version.signing_profile_version_arn or "",
                self._signing.result(),
                signer,
                self._bench.clock.now(),
            )
        except AccessError as error:
            self._unseen[error.problems[0].what] = None
            return "unseen", "the role may not ask about its signature"

    def tell_unseen(self) -> None:
        for what in self._unseen:
            self._bench.journal.fact(
                step="history", title="Look at signatures", status=Status.SKIPPED, proof=what
            )


def _signed(
    profile_version: str,
    signing: CodeSigning | None,
    signer: SignerLook,
    now: datetime,
) -> tuple[Standing, str]:
    """In the order of a rollback's own checks (`recall`)."""
    if signing is not None and profile_version not in signing.allowed_publishers:
        return "refused", "its profile version is no allowed publisher any more"
    job, profile, unseen = signer.job(), signer.profile(), signer.unseen_job
    if job is None and not unseen:
        return "refused", "its signing job is not known to Signer any more"
    if job is not None and job.revoked:
        return "refused", "its signature was revoked"
    expires_at = job.signature_expires_at if job is not None else None
    if expires_at is not None and expires_at <= now:
        return "refused", f"its signature expired on {expires_at:%Y-%m-%d}"
    if profile is None or profile.status == "Revoked":
        return "refused", f"its signing profile is {profile.status if profile else 'unknown'}"
    return "usable", f"signed; {unseen}" if unseen else "signed, not revoked"
