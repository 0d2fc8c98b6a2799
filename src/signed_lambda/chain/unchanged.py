"""Step 5: does the live version already run exactly this build? Then nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.hash_alias import name_of
from signed_lambda.chain.observe import fitting_record
from signed_lambda.chain.verify_signed import verify_signed
from signed_lambda.confighash import canonical
from signed_lambda.errors import AccessError, SignatureError, ZipError
from signed_lambda.lazy import dataclass
from signed_lambda.records import VersionRecord
from signed_lambda.report.model import Fact, Link, Status

if TYPE_CHECKING:
    from concurrent.futures import Future

    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Alias, Download, FunctionConfiguration, HeldVersion, SigningJob
    from signed_lambda.model import Package, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The alias' version was downloaded and holds exactly the build, configured as $LATEST is."""

    version: str
    sha256: Sha256
    how: str

    def fact(self) -> Fact:
        """For the journal."""
        return Fact(
            step="unchanged",
            title=f"Version {self.version} already runs this build",
            status=Status.OK,
            proof=self.how,
        )

    def links(self) -> tuple[Link, ...]:
        """The live code holds the build."""
        name = f"Code of version {self.version}, downloaded"
        return (Link(name=name, sha256=self.sha256, equals=self.how),)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLook:
    """Questions about a live version that may run the build, under way.

    Attributes:
        live: The version, as it was when they were begun.
        job: Of the signature, None for an unsigned deploy.
        named: The hash alias, None where none is asked for.
    """

    live: FunctionConfiguration
    download: Future[Download]
    job: Future[SigningJob | None] | None
    named: Future[Alias | None] | None


def look_at_live(
    bench: Workbench, order: Order, package: Package, held: HeldVersion | None
) -> LiveLook | None:
    """Begins what the proof needs, beside the rest of the look; None: the build is certainly new.

    Our own record on the version only saves the download when it names another build.

    Args:
        bench: The means.
        order: What was asked for.
        package: The build.
        held: The version that the alias leads to, None where there is none.
    """
    if held is None or not _may_hold(held.configuration, package):
        return None
    live, code = held.configuration, held.configuration.code_sha256
    signed = order.profile is not None
    if code is None or (signed and live.signing_job_arn is None):
        return None
    if not signed and code != package.sha256:
        return None
    ask, cloud = bench.ask, bench.cloud
    to, job_id = bench.new_file("live.zip"), _job_id(live)

    def named() -> Alias | None:
        return cloud.alias(order.function, name_of(code, canonical(live.content)))

    return LiveLook(
        live=live,
        download=ask(lambda: cloud.download_code(order.function, live.version, to, held)),
        job=ask(lambda: cloud.signing_job(job_id)) if signed else None,
        named=ask(named) if order.hash_alias else None,
    )


def find_unchanged(
    bench: Workbench, package: Package, observed: Observed, look: LiveLook | None
) -> Unchanged | None:
    """The proof that nothing is to be done, or None.

    The live version is downloaded, hashed, compared with the build entry by entry, and its
    signature verified against the profile's present version; its configuration must be that of
    $LATEST.
    """
    live = observed.live
    if look is None or live is None or live.version != look.live.version:
        return None
    if not _same_configuration(live, observed):
        return None
    profile = observed.profile
    if look.job is not None and (
        profile is None or live.signing_profile_version_arn != profile.version_arn
    ):
        return None
    got = look.download.result()
    if got.sha256 != live.code_sha256:
        return None
    how = _holds_build(bench, package, observed, look, got)
    recorded = fitting_record(observed.alias, live)  # where it is not, a deploy records it
    if how is None or not _is_named(bench, look, got) or recorded is None:
        return None
    bench.journal.know(
        code_sha256=got.sha256,
        version=live.version,
        version_arn=live.arn,
        config_sha256=canonical(live.content).sha256,
    )
    return Unchanged(version=live.version, sha256=got.sha256, how=how)


def _may_hold(live: FunctionConfiguration, package: Package) -> bool:
    record = VersionRecord.parse(live.description)
    usable = live.state in (None, "Active") and live.code_sha256 is not None
    return usable and (record is None or record.build == package.sha256.hex)


def _same_configuration(live: FunctionConfiguration, observed: Observed) -> bool:
    latest = observed.configuration
    return latest is not None and canonical(live.content).sha256 == latest.sha256


def _is_named(bench: Workbench, look: LiveLook, got: Download) -> bool:
    """Whether the hash alias, where asked for, leads to the live version already."""
    if look.named is None:
        return True
    alias = look.named.result()
    bench.journal.know(hash_alias=name_of(got.sha256, canonical(look.live.content)))
    return alias is not None and alias.version == look.live.version and not alias.weights


def _holds_build(
    bench: Workbench, package: Package, observed: Observed, look: LiveLook, got: Download
) -> str | None:
    if look.job is None or observed.profile is None:
        return "the build"
    try:
        verified = verify_signed(
            bench,
            got,
            job_arn=str(look.live.signing_job_arn),
            profile_version_arn=observed.profile.version_arn,
            build=package,
        )
    except (SignatureError, ZipError):
        return None
    try:
        job = look.job.result()
    except AccessError as error:
        # One of another account that deploys with the same profile, perhaps: signed anew, it is
        # ours. A role that may look at no job is told so of the new one.
        why = (
            f"version {look.live.version} is not taken for this build, for its signing job"
            f" {_job_id(look.live)} could not be looked at: {error.problems[0].what}"
        )
        bench.journal.fact(
            step="unchanged", title="Look at the signing job", status=Status.SKIPPED, proof=why
        )
        return None
    if job is None or job.revoked:
        return None
    bench.journal.know(signing_job_id=_job_id(look.live))
    return f"the build, entry by entry ({verified.files} files), and its signature verifies"


def _job_id(live: FunctionConfiguration) -> str:
    return str(live.signing_job_arn).rsplit("/", 1)[-1]
