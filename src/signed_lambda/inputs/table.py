"""The table of inputs and outputs: the one place where each is named and described.

Imports its siblings only. action.yml, docs/inputs.md and README's table are generated from it by
tools/gen_docs.py, and tests/promises compares action.yml with it, both ways.
"""

from __future__ import annotations

from typing import Final, get_args

from signed_lambda.inputs import aws_names, plain
from signed_lambda.inputs.commands import COMMANDS, CommandName
from signed_lambda.inputs.endpoint import endpoint, proxy
from signed_lambda.inputs.spec import Spec
from signed_lambda.inputs.values import (
    CommentMode,
    FailOn,
    FunctionRef,
    LockLatest,
    Previous,
    RequireCodeSigning,
    Target,
)
from signed_lambda.model import AliasName, Compression, Sha256

_PACKING: Final[tuple[CommandName, ...]] = ("deploy", "plan", "scan")
_AWS: Final[tuple[CommandName, ...]] = tuple(c.name for c in COMMANDS.values() if c.needs_region)
_LOOKING: Final[tuple[CommandName, ...]] = tuple(name for name in _AWS if name != "history")
"""Those that look at the profile where it is named; `lock` alone not at the bucket."""
_STORING: Final[tuple[CommandName, ...]] = tuple(name for name in _LOOKING if name != "lock")
_COMMENTING: Final[tuple[CommandName, ...]] = tuple(name for name in COMMANDS if name != "history")

COMMAND: Final = Spec[CommandName](
    name="command",
    help="What to do. " + " ".join(f"`{c.name}`: {c.help}." for c in COMMANDS.values()),
    parse=plain.command_name(tuple(COMMANDS)),
    absent="deploy",
    default="deploy",
)
FUNCTION: Final = Spec[tuple[FunctionRef, ...]](
    name="function-name",
    help="Function to work on: its name, or its ARN without version or alias. With an ARN, "
    "credentials of another account or region are refused. The function must exist. `verify` takes "
    "many, one a line, each alone (then `alias` is meant) or with its alias: `orders-api:live`; "
    "`#` begins a comment.",
    parse=aws_names.one_function,
    absent=(),
    example="orders-api",
    lines_for={"verify": aws_names.functions},
)
ALIAS: Final = Spec[AliasName](
    name="alias",
    help="Alias that callers use and that is moved; the first deploy creates it. Letters, digits, "
    "`-` and `_`, not digits alone; `HASH-...` is kept for hash aliases.",
    parse=aws_names.movable_alias,
    absent=AliasName("live"),
    default="live",
    used_by=_AWS,
)
SOURCE: Final = Spec[str | None](
    name="source",
    help="What to deploy, or to scan: a folder or a .zip file, relative to the workspace. A .zip "
    "is read strictly and packed again, so that the same files always give the same bytes.",
    parse=plain.path,
    absent=None,
    example="dist/",
    only_for=_PACKING,
)
INCLUDE: Final = Spec[tuple[str, ...]](
    name="include",
    help="Pack only what matches: patterns as in .gitignore, one a line; `#` begins a comment.",
    parse=plain.lines,
    absent=(),
    example="src/**",
    only_for=_PACKING,
    many_lines=True,
)
EXCLUDE: Final = Spec[tuple[str, ...]](
    name="exclude",
    help="Leave out what matches: patterns as in .gitignore, one a line. A file `.lambdaignore` in "
    "the source is read too. What is left out is listed in the report.",
    parse=plain.lines,
    absent=(),
    example="tests/",
    only_for=_PACKING,
    many_lines=True,
)
ALLOW_SECRET_FILES: Final = Spec[bool](
    name="allow-secret-files",
    help="`true`: pack files that look like secrets too (`.env`, keys, `.git/`, `.aws/`, "
    "`gha-creds-*.json`). `false`: they are left out and listed.",
    parse=plain.boolean,
    absent=False,
    default="false",
    only_for=_PACKING,
)
COMPRESSION: Final = Spec[Compression](
    name="compression",
    help="How small the zip is made: `fast`, `default` or `small`. Each gives other bytes, so "
    "another build hash: give `plan` and `deploy` the same, and an `expected-sha256` of a build "
    "that was packed with it.",
    parse=plain.choice(get_args(Compression)),
    absent="default",
    default="default",
    only_for=_PACKING,
)
EXPECTED_SHA256: Final = Spec[Sha256 | None](
    name="expected-sha256",
    help="Refuse anything else: the SHA-256 that the built zip, or the .zip given as `source`, "
    "must have; 64 hex digits or 44 characters of base64. A plan's output `build-sha256` fits.",
    parse=plain.sha256,
    absent=None,
    only_for=("deploy", "plan"),
)
BUCKET: Final = Spec[str | None](
    name="bucket",
    help="S3 bucket for the zips, before and after signing: its name alone. Versioning must be on. "
    "Also needed for unsigned deploys: Lambda reads the one pinned version of the object.",
    parse=aws_names.bucket,
    absent=None,
    example="my-team-artefacts",
    used_by=_STORING,
)
PREFIX: Final = Spec[str](
    name="prefix",
    help="Beginning of the keys in the bucket, without `/` at its ends.",
    parse=aws_names.prefix,
    absent="signed-lambda",
    default="signed-lambda",
    used_by=("deploy", "plan", "promote"),
)
BUCKET_OWNER: Final = Spec[str | None](
    name="bucket-owner",
    help="Account that must own the bucket, 12 digits in quotes. Without it: the account of the "
    "credentials.",
    parse=aws_names.account,
    absent=None,
    example="'111122223333'",
    used_by=_STORING,
)
SIGNING_PROFILE: Final = Spec[str | None](
    name="signing-profile",
    help="AWS Signer profile that signs the zip: its name alone (2-64 letters, digits and `_`). "
    "It must be active and an allowed publisher of the function's code-signing configuration.",
    parse=aws_names.profile,
    absent=None,
    example="orders_release",
    used_by=_LOOKING,
)
SIGNING_PROFILE_OWNER: Final = Spec[str | None](
    name="signing-profile-owner",
    help="Account that owns the signing profile, 12 digits in quotes. Without it: the account of "
    "the credentials.",
    parse=aws_names.account,
    absent=None,
    example="'444455556666'",
    used_by=_LOOKING,
)
REQUIRE_CODE_SIGNING: Final = Spec[RequireCodeSigning](
    name="require-code-signing",
    help="What the function's code-signing configuration must be before anything is written: "
    "`enforce`: Lambda itself refuses unsigned code; `warn`: it may only log it; `off`: it is not "
    "looked at.",
    parse=plain.choice(get_args(RequireCodeSigning)),
    absent="enforce",
    default="enforce",
    used_by=_AWS,
)
ALLOW_UNSIGNED: Final = Spec[bool](
    name="allow-unsigned",
    help="`true`: deploy without AWS Signer; the report says so at its top. `require-code-signing` "
    "is not looked at then, but a function whose code-signing policy is Enforce is refused.",
    parse=plain.boolean,
    absent=False,
    default="false",
    used_by=_AWS,
)
SMOKE_EVENT: Final = Spec[str | None](
    name="smoke-event",
    help="JSON file, relative to the workspace: the new version is invoked with it, by its number, "
    "before the alias moves. If the function answers with an error, the alias stays.",
    parse=plain.path,
    absent=None,
    example="events/ping.json",
    only_for=_PACKING,
    used_by=("deploy",),
)
HASH_ALIAS: Final = Spec[bool](
    name="hash-alias",
    help="`true`: give the published version an alias that never moves, `HASH-` and the 64 hex "
    "digits of code and configuration, so that a build can be called and rolled back to by hash.",
    parse=plain.boolean,
    absent=True,
    default="true",
    used_by=("deploy", "plan", "rollback", "promote", "verify"),
)
KEEP_VERSIONS: Final = Spec[int | None](
    name="keep-versions",
    help="After the alias has moved, delete versions that this action published, but the newest so "
    "many (1 to 1000). Never one that an alias leads to or ran before, nor one with provisioned "
    "concurrency; hash aliases of deleted versions go with them. What calls a version by its bare "
    "number cannot be seen: give such a version an alias. Without this input nothing is deleted.",
    parse=plain.whole_number(1, 1000, "versions"),
    absent=None,
    example="10",
    only_for=("deploy",),
)
TO: Final = Spec[Target](
    name="to",
    help="Where to roll back to: `previous`, a version number, `sha256:<64 hex>` (hash of the "
    "version's code) or `HASH-<64 hex>` (a hash alias).",
    parse=plain.target,
    absent=Previous(),
    default="previous",
    example="41",
    only_for=("rollback",),
)
FROM_ALIAS: Final = Spec[AliasName | None](
    name="from-alias",
    help="Alias whose version is promoted to `alias`: build once, release many. Of the same "
    "function, or of `from-function`.",
    parse=aws_names.alias,
    absent=None,
    example="staging",
    only_for=("promote",),
)
FROM_FUNCTION: Final = Spec[FunctionRef | None](
    name="from-function",
    help="Function that `from-alias` is of, when it is another one: its name, or its ARN without "
    "version or alias, of any account and region. Its version's code, signed as it is, becomes a "
    "version of `function-name`, which keeps its own configuration. Needs `bucket`.",
    parse=aws_names.promoted_function,
    absent=None,
    example="arn:aws:lambda:eu-west-1:444455556666:function:orders-staging",
    only_for=("promote",),
)
FROM_ROLE: Final = Spec[str | None](
    name="from-role",
    help="Role that reads `from-function`, when that is of another account than the credentials: "
    "its ARN. The credentials must be allowed to assume it.",
    parse=aws_names.role,
    absent=None,
    example="arn:aws:iam::444455556666:role/read-orders",
    only_for=("promote",),
)
REASON: Final = Spec[str | None](
    name="reason",
    help="Why; one line of at most 200 characters, kept in the alias's description and the report.",
    parse=plain.reason,
    absent=None,
    example="errors since 12:00, ticket 4711",
    free_text=True,
)
ALLOW_OLDER: Final = Spec[bool](
    name="allow-older",
    help="`true`: an older run or commit may overwrite a newer one. To go back, `rollback` is the "
    "better way.",
    parse=plain.boolean,
    absent=False,
    default="false",
    used_by=("deploy", "plan"),
)
FAIL_ON: Final = Spec[FailOn](
    name="fail-on",
    help="Lowest severity of a scan finding that blocks: `high`, `medium`, `low` or `never`.",
    parse=plain.choice(get_args(FailOn)),
    absent="high",
    default="high",
    used_by=_PACKING,
)
FAIL_ON_UNSEEN: Final = Spec[bool](
    name="fail-on-unseen",
    help="`true`: a plan that may not look at something (a permission that its role lacks) is "
    "refused, and a `verify` that may not is no `verified`. Else they say what they did not see, "
    "and go on.",
    parse=plain.boolean,
    absent=False,
    default="false",
    only_for=("plan", "verify"),
)
TEMPLATE: Final = Spec[tuple[str, ...]](
    name="template",
    help="Infrastructure templates (SAM, CloudFormation, serverless.yml, Terraform, CDK) that the "
    "review reads for triggers, one a line, relative to the workspace. Without it they are looked "
    "for by their usual names.",
    parse=plain.lines,
    absent=(),
    example="infra/template.yaml",
    many_lines=True,
    used_by=_PACKING,
)
SARIF_FILES: Final = Spec[tuple[str, ...]](
    name="sarif-files",
    help="SARIF 2.1.0 files that other reviewers (CodeQL, Semgrep, Bandit, Sonar) wrote in earlier "
    "steps: paths or patterns as in .gitignore, one a line, relative to the workspace. Their "
    "findings are counted and the worst shown beside ours; they block nothing, and are in neither "
    "`findings` nor `sarif`. A line that names no file is an error; a file that cannot be read is "
    "a warning.",
    parse=plain.lines,
    absent=(),
    example="reports/*.sarif",
    many_lines=True,
    used_by=_PACKING,
)
COMMENT: Final = Spec[CommentMode](
    name="comment",
    help="The report as a comment on the pull request: `update` keeps one and edits it; `off`.",
    parse=plain.choice(get_args(CommentMode)),
    absent="update",
    default="update",
    used_by=_COMMENTING,
)
LOCK_LATEST: Final = Spec[LockLatest](
    name="lock-latest",
    help="What `lock` does about calls of `$LATEST` and of the function without a qualifier. "
    "`report`: it prints the statements that deny them, for the function, for roles and for the "
    "organization. `policy`: it puts a Deny into the function's resource policy, beside all that "
    "is there; refused while a trigger uses `$LATEST`. `remove`: it takes that Deny out. For "
    "`verify`, `policy` means that the lock must stand.",
    parse=plain.choice(get_args(LockLatest)),
    absent="report",
    default="report",
    only_for=("lock", "verify"),
)
OPEN_ISSUE: Final = Spec[bool](
    name="open-issue",
    help="`true`: when something drifted, an issue in the repository says so (`permissions: "
    "issues: write`). There is one for each set of aliases: it is edited while something is wrong, "
    "and closed when all is as it was released again.",
    parse=plain.boolean,
    absent=False,
    default="false",
    only_for=("verify",),
)
GITHUB_TOKEN: Final = Spec[str | None](
    name="github-token",
    help="Token for the comment (`permissions: pull-requests: write`), for the record of what was "
    "reviewed (`checks: write`), for `open-issue` (`issues: write`) and for `require-attestation` "
    "(`attestations: read`). Without one there is none of them, and the job summary holds the "
    "report.",
    parse=plain.token,
    absent=None,
    expression="${{ github.token }}",
    secret=True,
)
PR_NUMBER: Final = Spec[int | None](
    name="pr-number",
    help="Pull request to comment on. Without it: the one of the event that started the workflow.",
    parse=plain.pull_request,
    absent=None,
    example="42",
    used_by=_COMMENTING,
)
REQUIRE_REVIEWED: Final = Spec[bool](
    name="require-reviewed",
    help="`true`: refuse a build whose hash no plan of this repository's merged pull request "
    "recorded (in a check run: `plan` needs `permissions: checks: write`, `deploy` needs `checks: "
    "read`). Give it to `plan` too: then its comment says so.",
    parse=plain.boolean,
    absent=False,
    default="false",
    only_for=("deploy", "plan"),
)
REQUIRE_ATTESTATION: Final = Spec[str | None](
    name="require-attestation",
    help="Refuse a build that no GitHub attestation proves to be made by a run of this repository, "
    "`owner/name`: SLSA provenance of exactly the .zip given as `source` (of the built zip where "
    "`source` is a folder), as actions/attest makes it. Signature, certificate, time and log are "
    "verified here, before anything is written (`permissions: attestations: read`).",
    parse=plain.repository,
    absent=None,
    example="acme/orders",
    only_for=("deploy", "plan"),
)
ATTESTATION_WORKFLOW: Final = Spec[str | None](
    name="attestation-workflow",
    help="Workflow file that must have signed the attestation, with `@` and a full ref where only "
    "that one may. Without it: any workflow file of the repository itself, on any branch.",
    parse=plain.workflow,
    absent=None,
    example="acme/builds/.github/workflows/build.yml@refs/heads/main",
    only_for=("deploy", "plan"),
)
ATTESTATION_ROOTS: Final = Spec[str | None](
    name="attestation-roots",
    help="File, relative to the workspace, with the authorities that attestations are believed "
    "from: what `gh attestation trusted-root` printed in a step before. Needed by "
    "`require-attestation`.",
    parse=plain.path,
    absent=None,
    example="trusted-root.jsonl",
    only_for=("deploy", "plan"),
)
ALLOWED_ACCOUNT_IDS: Final = Spec[tuple[str, ...]](
    name="allowed-account-ids",
    help="Accounts that may be written to; credentials of any other are refused. 12 digits each, "
    "separated by commas, blanks or line breaks.",
    parse=aws_names.accounts,
    absent=(),
    example="'111122223333, 444455556666'",
    many_lines=True,
    used_by=_AWS,
)
AWS_REGION: Final = Spec[str | None](
    name="aws-region",
    help="Region of the function, bucket and profile. Without it: the region of the function's "
    "ARN, else AWS_REGION or AWS_DEFAULT_REGION of the environment, as "
    "aws-actions/configure-aws-credentials sets them.",
    parse=aws_names.region,
    absent=None,
    example="eu-central-1",
    used_by=_AWS,
)
AWS_ENDPOINT_URL: Final = Spec[str | None](
    name="aws-endpoint-url",
    help="For emulators and tests: send all AWS calls here; a warning is printed. "
    "AWS_ENDPOINT_URL in the environment is ignored.",
    parse=endpoint,
    absent=None,
    example="http://127.0.0.1:4566",
    used_by=_AWS,
)
HTTPS_PROXY: Final = Spec[str | None](
    name="https-proxy",
    help="Send all requests, to AWS and to GitHub, through this proxy, without a password; TLS "
    "ends at AWS and GitHub all the same. HTTPS_PROXY and its like in the environment are ignored.",
    parse=proxy,
    absent=None,
    example="http://proxy.example:3128",
)
SIGNER_ROOT: Final = Spec[str | None](
    name="signer-root",
    help="For emulators: PEM file with the root certificate to trust instead of AWS Signer's. Only "
    "together with `aws-endpoint-url`.",
    parse=plain.path,
    absent=None,
    example="emulator-root.pem",
    used_by=_AWS,
)
TIMEOUT_MINUTES: Final = Spec[int](
    name="timeout-minutes",
    help="Deadline of the whole run: a whole number of minutes, 1 to 360.",
    parse=plain.whole_number(1, 360, "minutes"),
    absent=15,
    default="15",
)
PARALLEL_JOBS: Final = Spec[int](
    name="parallel-jobs",
    help="How many jobs deploy to the account at the same time: once Lambda says that requests are "
    "too many, each keeps to its share of the 15 a second. By default the matrix's own figure, "
    "which GitHub gives.",
    parse=plain.whole_number(0, 100_000, "jobs"),
    absent=1,
    expression="${{ strategy.max-parallel }}",
    used_by=_AWS,
)

SPECS: Final[tuple[Spec[object], ...]] = (
    COMMAND,
    FUNCTION,
    ALIAS,
    SOURCE,
    INCLUDE,
    EXCLUDE,
    ALLOW_SECRET_FILES,
    COMPRESSION,
    EXPECTED_SHA256,
    BUCKET,
    PREFIX,
    BUCKET_OWNER,
    SIGNING_PROFILE,
    SIGNING_PROFILE_OWNER,
    REQUIRE_CODE_SIGNING,
    ALLOW_UNSIGNED,
    SMOKE_EVENT,
    HASH_ALIAS,
    KEEP_VERSIONS,
    TO,
    FROM_ALIAS,
    FROM_FUNCTION,
    FROM_ROLE,
    REASON,
    ALLOW_OLDER,
    FAIL_ON,
    FAIL_ON_UNSEEN,
    TEMPLATE,
    SARIF_FILES,
    COMMENT,
    OPEN_ISSUE,
    LOCK_LATEST,
    GITHUB_TOKEN,
    PR_NUMBER,
    REQUIRE_REVIEWED,
    REQUIRE_ATTESTATION,
    ATTESTATION_WORKFLOW,
    ATTESTATION_ROOTS,
    ALLOWED_ACCOUNT_IDS,
    AWS_REGION,
    AWS_ENDPOINT_URL,
    HTTPS_PROXY,
    SIGNER_ROOT,
    TIMEOUT_MINUTES,
    PARALLEL_JOBS,
)
"""All inputs, in the order of action.yml."""

_SOURCE: Final = "Use `source`; it takes a folder or a .zip"

OTHER_NAMES: Final = {
    "action": "Use `command`",
    "artifact": _SOURCE,
    "aws-role": "Use `role-to-assume` of aws-actions/configure-aws-credentials, before this step",
    "canary-weight": "Remove it: the alias is moved as a whole, after all checks",
    "code-artifacts-dir": _SOURCE,
    "dry-run": "Use `command: plan`; it writes nothing",
    "endpoint-url": "Use `aws-endpoint-url`",
    "function": "Use `function-name`",
    "lambda-function-name": "Use `function-name`",
    "pull-request": "Use `pr-number`",
    "region": "Use `aws-region`",
    "role": "Use `role-to-assume` of aws-actions/configure-aws-credentials, before this step",
    "role-to-assume": "Give it to aws-actions/configure-aws-credentials, before this step, in a job"
    " with `permissions: id-token: write`",
    "s3-bucket": "Use `bucket`",
    "s3-key": "Use `prefix`; the key itself is made of the build's hash",
    "sarif": "Use `sarif-files`",
    "sarif-file": "Use `sarif-files`",
    "source-dir": _SOURCE,
    "target": "Use `to`",
    "version": "Use `to`",
    "wait-seconds": "Use `timeout-minutes`, the deadline of the whole run",
    "zip-file": _SOURCE,
}
"""What other tools call them, and what to do instead; for messages about unknown inputs only."""
