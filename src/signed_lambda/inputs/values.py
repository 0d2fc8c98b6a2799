"""The inputs as typed values: what the rest of the program reads.

Pure: imports `model` and `commands` for types only. Built by `read`; tests may build it too.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from signed_lambda.lazy import dataclass
from signed_lambda.model import AliasName

if TYPE_CHECKING:
    from signed_lambda.inputs.commands import Command
    from signed_lambda.model import Compression, FunctionName, Sha256, Version

RequireCodeSigning = Literal["enforce", "warn", "off"]
FailOn = Literal["high", "medium", "low", "never"]
LockLatest = Literal["report", "policy", "remove"]
CommentMode = Literal["update", "off"]


@dataclass(frozen=True, slots=True)
class Previous:
    """Roll back to the version that the alias ran before."""


@dataclass(frozen=True, slots=True)
class VersionTarget:
    """Roll back to a version by its number."""

    version: Version


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """Roll back to the version whose code has this hash."""

    sha256: Sha256


@dataclass(frozen=True, slots=True)
class HashAliasTarget:
    """Roll back to the version that an immutable hash alias names.

    Attributes:
        hex: 64 lower-case hex digits: hash of code and configuration.
    """

    hex: str

    @property
    def alias(self) -> AliasName:
        """The alias's name as Lambda knows it: "HASH-" and the 64 digits."""
        return AliasName(f"HASH-{self.hex}")


Target = Previous | VersionTarget | CodeTarget | HashAliasTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRef:
    """A function as the user named it.

    Attributes:
        name: Without qualifier.
        account: 12 digits, where an ARN told it.
        region: Where an ARN told it.
        alias: Where it was named together with one (`verify`).
    """

    name: FunctionName
    account: str | None = None
    region: str | None = None
    alias: AliasName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All inputs, each of its form, consistent with each other and enough for the command.

    What the command needs (`Command.needs`) is never None; everything else may be.

    Attributes:
        function: Empty for `scan`, which can do without, and where there are several.
        functions: As they were named; several only for `verify`.
        function_account: 12 digits, if `function-name` was an ARN: credentials must be of it.
        function_region: If `function-name` was an ARN; equal to `aws_region`.
        source: As written: a folder or a .zip, relative to the workspace.
        include: Patterns, one each; no empty ones.
        bucket_owner: 12 digits; None: the account of the credentials.
        prefix: Without "/" at its ends.
        smoke_event: As written: path of a JSON file, relative to the workspace.
        keep_versions: At least 1; None: nothing is deleted.
        to: Rollback's target; `Previous` for every other command.
        from_function: Promotion's source, where it is another function.
        from_role: ARN of the role that reads it; None: the credentials do.
        reason: At most 200 printable characters.
        github_token: A secret: not in the repr, never to be printed.
        pr_number: None: from the event.
        require_attestation: "owner/name"; None: none is asked for.
        attestation_workflow: "owner/name/.github/workflows/file.yml", with "@ref" or without.
        attestation_roots: As written: a path relative to the workspace.
        allowed_account_ids: 12 digits each; empty: any account.
        aws_region: From the input, the ARN or the environment; None only for `scan`.
        aws_endpoint_url: The only way to send AWS calls elsewhere; print a warning.
        https_proxy: What all requests go through; None: nothing.
        signer_root: Path of a PEM file with the root to trust instead of AWS Signer's.
        timeout_s: Of the whole run, in seconds.
        parallel_jobs: That deploy to the account at the same time; 0 counts as 1.
    """

    command: Command
    function: FunctionName
    function_account: str | None
    function_region: str | None
    functions: tuple[FunctionRef, ...]
    alias: AliasName
    source: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    allow_secret_files: bool
    compression: Compression
    expected_sha256: Sha256 | None
    bucket: str | None
    prefix: str
    bucket_owner: str | None
    signing_profile: str | None
    signing_profile_owner: str | None
    require_code_signing: RequireCodeSigning
    allow_unsigned: bool
    smoke_event: str | None
    hash_alias: bool
    keep_versions: int | None
    to: Target
    from_alias: AliasName | None
    from_function: FunctionRef | None
    from_role: str | None
    reason: str | None
    allow_older: bool
    fail_on: FailOn
    fail_on_unseen: bool
    templates: tuple[str, ...]
    sarif_files: tuple[str, ...]
    comment: CommentMode
    open_issue: bool
    lock_latest: LockLatest
    github_token: str | None = field(repr=False)
    pr_number: int | None
    require_reviewed: bool
    require_attestation: str | None
    attestation_workflow: str | None
    attestation_roots: str | None
    allowed_account_ids: tuple[str, ...]
    aws_region: str | None
    aws_endpoint_url: str | None
    https_proxy: str | None
    signer_root: str | None
    timeout_s: int
    parallel_jobs: int
