"""The outputs of the action: names and what each tells a person.

Imports the standard library only. action.yml and docs/inputs.md are generated from this table;
which values they get is the report's business.
"""

from __future__ import annotations

from typing import Final

OUTPUTS: Final[dict[str, str]] = {
    "outcome": "How the run ended: `deployed`, `unchanged`, `planned`, `rolled-back`, `promoted`, "
    "`verified`, `drifted`, `locked`, `unlocked`, `scanned`, `listed`, `refused`, `failed`, "
    "`moved-unconfirmed` (the move was sent and could not be read back) or `superseded` (a later "
    "run won).",
    "changed": "`true` if the alias now runs another version than before this run, else `false`.",
    "function-name": "Name of the function, without account and region.",
    "version": "Number of the version that the alias runs at the end of the run; of a run that "
    "failed after publishing, the new version, which takes no traffic. Empty for `plan`.",
    "previous-version": "Number of the version that the alias ran before; empty on the first "
    "deploy. Give it to `to` to go back.",
    "build-sha256": "SHA-256 of the reproducible zip before signing, 64 hex digits. Fits "
    "`expected-sha256`.",
    "code-sha256": "SHA-256 of the signed zip as Lambda shows it in CodeSha256, 44 characters of "
    "base64.",
    "config-sha256": "Hash of the version's configuration alone (scheme signed-lambda-config/1), "
    "64 hex digits. The hash over code and configuration is the name of the hash alias.",
    "hash-alias": "The immutable alias of the version, `HASH-` and 64 hex digits. Fits `to`.",
    "signing-job-id": "Id of the AWS Signer job; empty for unsigned deploys.",
    "version-arn": "ARN of the version. Empty where the account id is masked: GitHub drops outputs "
    "that hold a secret; `function-name` and `version` serve then.",
    "findings": "Number of findings of the scan, of all severities, without those that are "
    "allowed with a reason, and without other reviewers' (`sarif-files`).",
    "releases": "Of `history`: the numbers of the versions that it lists and that a rollback may "
    "take, newest first, as a JSON array (`fromJSON`). `[]` for any other command.",
    "comment-url": "Address of the comment on the pull request; empty if there is none.",
    "report": "Path of the whole report as JSON, relative to the workspace.",
    "sarif": "Path of the review's findings as SARIF, relative to the workspace, for "
    "github/codeql-action/upload-sarif (`permissions: security-events: write`). Findings that "
    "are allowed are not in it. Empty when nothing was reviewed: then upload nothing, "
    "or alerts would be closed.",
    "provenance": "Path of the release's in-toto statement, relative to the workspace; the bucket "
    "keeps it too. Empty when this run released nothing. This and the two that follow are for "
    "actions/attest.",
    "predicate": "Path of that statement's predicate alone (SLSA provenance v1), for "
    "`predicate-path`.",
    "subjects": "Path of that statement's subjects, the signed zip and the build, as `sha256sum` "
    "prints them, for `subject-checksums`.",
}

_VERSION: Final = ("deploy", "plan", "rollback", "promote", "verify")
_MOVING: Final = ("deploy", "rollback", "promote")
_TOLD: Final = (*_VERSION, "history")
OUTPUTS_OF: Final[dict[str, tuple[str, ...]]] = {
    "version": _TOLD,
    "previous-version": _TOLD,
    "build-sha256": ("deploy", "plan", "scan"),
    "code-sha256": _TOLD,
    "config-sha256": _VERSION,
    "hash-alias": ("deploy", "plan", "verify", "history"),
    "signing-job-id": _TOLD,
    "version-arn": _VERSION,
    "releases": ("history",),
    "comment-url": ("deploy", "plan", "rollback", "promote", "scan"),
    "sarif": ("deploy", "plan", "scan"),
    "provenance": _MOVING,
    "predicate": _MOVING,
    "subjects": _MOVING,
}
"""Commands that may fill an output; those that are not here, every command fills."""
