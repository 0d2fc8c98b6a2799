"""Step 5: does the live version already run exactly this build? Then nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signed_lambda.chain.hash_alias import name_of
from signed_lambda.chain.verify_signed import verify_signed
from signed_lambda.confighash import canonical, code_and_config, unqualified
from signed_lambda.errors import SignatureError, ZipError
from signed_lambda.lazy import dataclass
from signed_lambda.records import AliasRecord, VersionRecord, alias_seal
from signed_lambda.report.model import Fact, Link, Status

if TYPE_CHECKING:
    from signed_lambda.chain.observe import Observed
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import Download, FunctionConfiguration
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


def find_unchanged(
    bench: Workbench, order: Order, package: Package, observed: Observed
) -> Unchanged | None:
    """The proof that nothing is to be done, or None.

    The live version is downloaded, hashed, compared with the build entry by entry, and its
    signature verified against the profile's present version; its configuration must be that of
    $LATEST. Our own record on the version only saves the download when it names another build.
    """
    live = observed.live
    if live is None or not _may_hold(live, package) or not _same_configuration(live, observed):
        return None
    if observed.profile is not None and (
        live.signing_profile_version_arn != observed.profile.version_arn
        or live.signing_job_arn is None
    ):
        return None
    if observed.profile is None and live.code_sha256 != package.sha256:
        return None
    got = bench.cloud.download_code(order.function, live.version, bench.new_file("live.zip"))
    if got.sha256 != live.code_sha256:
        return None
    how = _holds_build(bench, package, observed, live, got)
    if how is None or not _is_named(bench, order, live, got) or not _is_recorded(observed, got):
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


def _is_named(bench: Workbench, order: Order, live: FunctionConfiguration, got: Download) -> bool:
    """Whether the hash alias, where asked for, leads to the live version already."""
    if not order.hash_alias:
        return True
    name = name_of(got.sha256, canonical(live.content))
    alias = bench.cloud.alias(order.function, name)
    bench.journal.know(hash_alias=name)
    return alias is not None and alias.version == live.version and not alias.weights


def _is_recorded(observed: Observed, got: Download) -> bool:
    """Whether a run of this action moved the alias there; where not, a deploy records it."""
    alias, live = observed.alias, observed.live
    record = AliasRecord.parse(alias.description) if alias is not None else None
    if alias is None or live is None or record is None:
        return False
    content = code_and_config(got.sha256, canonical(live.content))
    return record.seal == alias_seal(unqualified(live.arn), alias.name, live.version, content.hex)


def _holds_build(
    bench: Workbench,
    package: Package,
    observed: Observed,
    live: FunctionConfiguration,
    got: Download,
) -> str | None:
    if observed.profile is None:
        return "the build"
    try:
        verified = verify_signed(
            bench,
            got,
            job_arn=str(live.signing_job_arn),
            profile_version_arn=observed.profile.version_arn,
            build=package,
        )
    except (SignatureError, ZipError):
        return None
    job_id = str(live.signing_job_arn).rsplit("/", 1)[-1]
    job = bench.cloud.signing_job(job_id)
    if job is None or job.revoked:
        return None
    bench.journal.know(signing_job_id=job_id)
    return f"the build, entry by entry ({verified.files} files), and its signature verifies"
