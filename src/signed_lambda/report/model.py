"""The one report model: comment, summary, annotations, outputs and JSON are rendered from it.

Pure: imports errors and model only. All text fields may hold foreign text (names, AWS messages);
each renderer escapes for its own sink. Never holds a secret: no environment values, no URLs with
signatures, no credentials.
"""

from __future__ import annotations

from dataclasses import field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Literal

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.errors import Problem
    from signed_lambda.model import Advice, Compression, LeftOut, MemberChange, Sha256

REPORT_VERSION: Final = "1"

Outcome = Literal[
    "deployed",
    "unchanged",
    "planned",
    "rolled-back",
    "promoted",
    "verified",
    "drifted",
    "locked",
    "unlocked",
    "scanned",
    "listed",
    "refused",
    "failed",
    "moved-unconfirmed",
    "superseded",
]


class Reach(IntEnum):
    """How far the writes of a run came; each includes the ones before."""

    NOTHING = 0
    """No write call anywhere."""
    ARTEFACTS = 1
    """Objects in S3 or a signing job may exist; Lambda is untouched."""
    LATEST = 2
    """$LATEST may hold new code; versions and aliases are untouched."""
    VERSION = 3
    """An unused version (and its hash alias) may exist; the alias is untouched."""
    ALIAS = 4
    """The alias move was sent."""


class Status(StrEnum):
    """How a check or step ended. A check that could not run is `SKIPPED` with its reason."""

    OK = "ok"
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One step or check, as the reader sees it.

    Attributes:
        step: Stable id: "inputs", "identity", "package", "scan", "observe", "upload", "sign",
            "verify-signature", "dry-run", "update", "publish", "download", "smoke", "hash-alias",
            "alias", and others that a command adds.
        title: What was done, in a few words ("Upload to S3").
        proof: The value that shows it ("version id 3HL4...", "job 8f1c... Succeeded").
        took_s: Seconds, None where it was not timed.
    """

    step: str
    title: str
    status: Status
    proof: str
    took_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the hash chain.

    Attributes:
        name: What was hashed ("Lambda CodeSha256 of version 8").
        equals: What it was compared with and found equal to; "" for the first link.
    """

    name: str
    sha256: Sha256
    equals: str


Severity = Literal["high", "medium", "low", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding of the static review.

    Attributes:
        rule: "REC-SELF-CTX".
        certainty: "certain" (proven from what was read) or "ask" (depends on something unseen).
        path: Of the file in the package, "/"-separated.
        line, end_line: From 1.
        function: The handler or function that holds the sink, "" where there is none.
        message: The fact, one sentence, without blame.
        cycle: Nodes of the loop in order, the first one repeated at the end.
        evidence: One line for each edge of the cycle: the code line, template line or API answer.
        guard: Name of the guard that was seen, None for none.
        aws_stops: Whether AWS's own recursive-loop detection would stop it, None for no loop.
        aws_why: The sentence that says so, and why.
        fix: What to change.
        allowed: The reason given for allowing it, None when it was not allowed.
        allowed_at: Where that is written ("src/app.py:12"), "" when it was not allowed.
    """

    rule: str
    severity: Severity
    certainty: Literal["certain", "ask"]
    path: str
    line: int
    end_line: int
    function: str
    message: str
    cycle: tuple[str, ...]
    evidence: tuple[str, ...]
    guard: str | None
    aws_stops: bool | None
    fix: str
    aws_why: str = ""
    allowed: str | None = None
    allowed_at: str = ""

    @property
    def guard_seen(self) -> str | None:
        """The guard's name, "none seen" for a loop without one, None where there is no loop."""
        return self.guard or ("none seen" if self.cycle else None)


Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFinding:
    """What another reviewer found, as its SARIF says it.

    Attributes:
        rule: Its id there, "" for none.
        path: As written there, relative to the repository where that is known; "" for none.
        line: From 1; 0 for none.
        message: Plain text on one line.
    """

    rule: str
    level: Level
    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReview:
    """All that one other reviewer found (CodeQL, Semgrep, ...); it blocks nothing.

    Attributes:
        errors, warnings, notes: How many findings of each level.
        suppressed: How many its own means suppress; not among the others.
        findings: The worst first, not all where there are very many.
    """

    tool: str
    errors: int
    warnings: int
    notes: int
    suppressed: int
    findings: tuple[OtherFinding, ...]

    @property
    def total(self) -> int:
        """How many findings, without the suppressed ones."""
        return self.errors + self.warnings + self.notes

    @property
    def counts(self) -> str:
        """In words: "2 errors, 1 warning"; "nothing found"."""
        by_level = (("error", self.errors), ("warning", self.warnings), ("note", self.notes))
        told = [f"{n:,} {level}{'' if n == 1 else 's'}" for level, n in by_level if n]
        told += [f"{self.suppressed:,} suppressed"] if self.suppressed else []
        return ", ".join(told) or "nothing found"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSummary:
    """The package, for the reader.

    Attributes:
        compression: As asked for; `codec` says what it is.
        advice: What could be left out, the largest saving first.
        repo_root: Path of the source inside the repository, "/"-separated, "" for its root; None
            when the source is not a folder of the checked-out repository (a .zip, a build folder
            that git does not know): then findings link to no file.
    """

    files: int
    size_bytes: int
    unzipped_bytes: int
    compression: Compression
    codec: str
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    advice: tuple[Advice, ...] = ()
    repo_root: str | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs between the live version's code and the build.

    Attributes:
        before_bytes, after_bytes: Sizes of the content; None where the file is not there.
        dependency: Name of the installed package that the file belongs to, "" for other files.
        in_pull_request: Whether the pull request changes this file; None when it cannot be told.
    """

    name: str
    before_bytes: int | None
    after_bytes: int | None
    dependency: str = ""
    in_pull_request: bool | None = None

    @property
    def what(self) -> Literal["added", "removed", "modified"]:
        """In one word."""
        if self.before_bytes is None:
            return "added"
        return "removed" if self.after_bytes is None else "modified"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyMove:
    """An installed package (Python, Node) whose files differ.

    Attributes:
        before, after: Its version; "" where it is not there.
        files: How many of its files differ.
    """

    name: str
    before: str
    after: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a deploy would change against the version that the alias runs.

    Attributes:
        version: That version.
        files: What differs, by name; the signature's own files are left out.
        same_files: How many files are byte-identical.
        dependencies: Installed packages among them, by name.
        configuration: What differs, by member; environment values are never shown.
        code_sha256: Of the live version, as Lambda shows it; None where it shows none.
        pins: Files that the pull request changes and that pin dependencies ("package-lock.json").
    """

    version: str
    code_sha256: Sha256 | None
    files: tuple[FileChange, ...]
    same_files: int
    dependencies: tuple[DependencyMove, ...]
    configuration: tuple[MemberChange, ...]
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Differing:
    """A file, or a folder of a build with very many files, that differs from the reviewed build."""

    name: str
    what: Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was reviewed before the merge: the record that the pull request's plan left.

    Attributes:
        pull_request: Its number.
        commit: The head that was planned, 40 hex digits.
        build_sha256: Of the build that was planned; None when no plan left a record.
        same: Whether this run's build is that build.
        differing: How this run's build differs, as far as the record tells.
        url: Of the record, a check run; "" when there is none.
    """

    pull_request: int
    commit: str
    build_sha256: Sha256 | None
    same: bool
    differing: tuple[Differing, ...] = ()
    url: str = ""


Place = Literal["live", "previous", ""]
Standing = Literal["usable", "refused", "unseen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A published version, as `history` tells it.

    Attributes:
        place: "live" where the alias leads, "previous" where its record says it led before, ""
            for all others.
        code_sha256: As Lambda shows it; None where it shows none.
        hash_alias: "HASH-<hex>" of exactly its code and configuration, "" when none names it.
        aliases: Other aliases that lead to it, by name.
        build: Hex SHA-256 of the unsigned build, "" where the version carries no record of this
            action: then somebody else published it. A record is a hint, as are `commit` and `run`.
        commit: 40 hex digits, "" unknown.
        run, attempt: Of the workflow run that published it, 0 unknown.
        pull_request: That holds the commit, 0 unknown.
        who: Login of who started that run, "" unknown.
        published_at: UTC in ISO 8601 as Lambda tells it: the last change of the code or the
            configuration that was published.
        command, reason: Of the last move of the alias, where it led here; else "".
        signing_job_id, signed_by: As Lambda recorded them: the job, and profile/version; "" when
            unsigned.
        standing: Whether a rollback to it would pass what AWS tells without a download.
        why: What `standing` goes by, one phrase.
    """

    version: str
    place: Place
    code_sha256: Sha256 | None
    hash_alias: str
    aliases: tuple[str, ...]
    build: str
    commit: str
    run: int
    attempt: int
    pull_request: int = 0
    who: str = ""
    published_at: str
    command: str
    reason: str
    signing_job_id: str
    signed_by: str
    standing: Standing
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameFrom:
    """Where the code of a promotion came from: an alias of another function.

    Attributes:
        function_arn: Unqualified.
        version: That the alias led to.
        build_sha256: Of the zip before it was signed, as that version's record says.
        commit: Likewise, 40 hex digits, "" unknown.
    """

    function_arn: str
    alias: str
    version: str
    code_sha256: Sha256
    build_sha256: Sha256
    commit: str

    @property
    def function_name(self) -> str:
        """Without account and region."""
        return self.function_arn.split(":")[6]

    @property
    def place(self) -> str:
        """Region and account: "eu-west-1/111122223333"."""
        return "/".join(self.function_arn.split(":")[3:5])


Verdict = Literal["verified", "drifted", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `verify` found of one alias.

    Attributes:
        verdict: "unverified" where the check could not be made: nothing is known then.
        version: That the alias leads to, "" unknown.
        code_sha256, hash_alias: As in `Report`.
        problems: What differs, or why it could not be checked.
        warnings: As in `Report`.
        facts: What was looked at.
    """

    function_name: str
    alias: str
    verdict: Verdict
    version: str
    code_sha256: Sha256 | None
    hash_alias: str
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]

    @property
    def name(self) -> str:
        """As `function-name` takes it: "orders:live"."""
        return f"{self.function_name}:{self.alias}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The workflow run that made the report; empty strings outside GitHub.

    Attributes:
        repository: "owner/name".
        server_url: "https://github.com", without a slash at the end.
        run_id, attempt: As GitHub numbers them, 0 outside.
        commit: 40 hex digits of the head that was built.
        event: "push", "pull_request", "workflow_dispatch", ...
        actor: Who triggered it.
        branch: That the run is for, "" for a tag or a pull request's test merge.
    """

    repository: str = ""
    server_url: str = ""
    run_id: int = 0
    attempt: int = 0
    commit: str = ""
    event: str = ""
    actor: str = ""
    workflow: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did, or why it did not.

    Attributes:
        command: "deploy", "rollback", ...
        changed: Whether the alias was moved by this run.
        version: The alias' version at the end ("" unknown), or the one that would have been.
        previous_version: The alias' version before the run, "" when it did not exist.
        build_sha256: Of the unsigned, reproducible zip.
        code_sha256: As Lambda shows it, of `version`.
        config_sha256: Of the version's configuration alone (see confighash, step 4); the hash over
            code and configuration is in the name of `hash_alias`.
        hash_alias: "HASH-<hex>", "" when none was asked for.
        other_reviews: What `sarif-files` holds of other tools.
        warnings: One sentence each, shown at the top ("deployed unsigned: allow-unsigned is true").
        problems: Why the run was refused or failed; empty on success.
        left: What was left unchanged, one sentence; "" on success.
        reach: How far the writes came.
        releases: What `history` found, newest first.
        older_releases: How many further versions it left out.
        checks: What `verify` found, an alias each; then `function_name` is "" where there are
            several.
        review: What was reviewed before the merge; None when it was not looked up.
        review_required: Whether a deploy refuses a build that was not reviewed.
        came_from: Where the code came from, when `promote` took it from another function.
        undo_version: The version that a rollback would move to, "" when there is none.
        provenance: The in-toto statement of the alias' move as JSON, "" where nothing moved.
        started_at: UTC.
        took_s: The whole run.
    """

    command: str
    outcome: Outcome
    changed: bool
    function_name: str
    alias: str
    region: str
    version: str = ""
    previous_version: str = ""
    version_arn: str = ""
    build_sha256: Sha256 | None = None
    code_sha256: Sha256 | None = None
    config_sha256: Sha256 | None = None
    hash_alias: str = ""
    signing_job_id: str = ""
    signing_profile: str = ""
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()
    other_reviews: tuple[OtherReview, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    left: str = ""
    reach: Reach = Reach.NOTHING
    package: PackageSummary | None = None
    comparison: Comparison | None = None
    releases: tuple[Release, ...] = ()
    older_releases: int = 0
    checks: tuple[Check, ...] = ()
    review: Review | None = None
    review_required: bool = False
    came_from: CameFrom | None = None
    undo_version: str = ""
    provenance: str = ""
    run: Run = field(default_factory=Run)
    action_version: str = ""
    started_at: datetime
    took_s: float
