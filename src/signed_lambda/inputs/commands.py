"""The commands of the action, as data: what each is for, writes and needs.

Imports the standard library only. `main` binds each command to its function; action.yml, README and
docs/inputs.md are generated from this table.
"""

from __future__ import annotations

from typing import Final, Literal

from signed_lambda.lazy import dataclass

CommandName = Literal["deploy", "plan", "rollback", "promote", "verify", "lock", "history", "scan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that the action can be asked to do.

    Attributes:
        name: As written in the workflow.
        help: What it does, for a person; one phrase.
        writes: It may change something in AWS.
        writes_what: What it may change, for the documentation.
        needs: Inputs that must not be empty.
        needs_unless_unsigned: Inputs that must not be empty unless `allow-unsigned` is true.
        needs_region: It calls AWS.
        about: What it does, for its page; Markdown.
        ends: Values of `outcome` of a run that ends well, each with what it means.
        errors: Middle words of the ids that a run may end with first, by which exit codes are told.
        rights: What the workflow's token must be allowed (`permissions`), each with what for.
        starts: What starts the smallest workflow: `on`, in YAML.
        also: Inputs of the smallest workflow beside those that are needed, as they are written.
        more: Pages of docs/ with more of it.
    """

    name: CommandName
    help: str
    writes: bool
    writes_what: str
    needs: tuple[str, ...]
    needs_unless_unsigned: tuple[str, ...] = ()
    needs_region: bool = True
    about: str
    ends: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]
    rights: tuple[tuple[str, str], ...]
    starts: str
    also: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """File of its role's policy, from the repository's root; "" without a role."""
        return f"docs/iam/{self.name}.json" if self.needs_region else ""


_ALWAYS: Final = ("INPUT", "ROOT", "TIME", "CANCEL", "INTERNAL")
_BUILD: Final = ("SOURCE", "ZIP", "SCAN")
_LOOK: Final = ("IDENTITY", "FUNCTION", "ACCESS", "AWS")
_STATE: Final = ("BUCKET", "PROFILE", "CODESIGNING", "ALIAS")
_MOVE: Final = ("EVENT", "HASH", "SIGNATURE", "TARGET", "CONFLICT", "MOVED", "SUPERSEDED")
_OIDC: Final = ("id-token: write", "to assume the AWS role")
_CHECKOUT: Final = ("contents: read", "to check the code out")
_COMMENT: Final = ("pull-requests: write", "for the comment")
_BY_HAND: Final = "workflow_dispatch:"

COMMANDS: Final[dict[CommandName, Command]] = {
    command.name: command
    for command in (
        Command(
            name="deploy",
            help="sign, verify and publish the code of `source`, then move the alias to it",
            writes=True,
            writes_what="S3 objects, a signing job, $LATEST, a version, aliases",
            needs=("function-name", "source", "bucket"),
            needs_unless_unsigned=("signing-profile",),
            about="It packs `source` reproducibly, reviews it, uploads it to a versioned bucket, "
            "has AWS Signer sign it, verifies the signed zip entry by entry and its "
            "signature offline, updates `$LATEST` only where it still is as it was seen, "
            "publishes a version, downloads and hashes that again, gives it a hash alias, "
            "and moves the alias last, by compare and swap. The alias is read back. A build "
            "that runs already writes nothing.",
            ends=(
                ("deployed", "the alias runs the new version"),
                ("unchanged", "it ran this build already; nothing was written"),
            ),
            errors=(
                *_ALWAYS,
                *_BUILD,
                *_LOOK,
                *_STATE,
                *_MOVE,
                "JOB",
                "LAMBDA",
                "SMOKE",
                "REVIEW",
                "ATTESTATION",
            ),
            rights=(
                _CHECKOUT,
                _COMMENT,
                ("checks: read", "to see which build was reviewed"),
                _OIDC,
            ),
            starts="push:\n    branches: [main]",
            more=(
                "workflows.md",
                "provenance.md",
                "attestations.md",
                "scaling.md",
            ),
        ),
        Command(
            name="plan",
            help="say what deploy would do, with a read-only role; for pull requests",
            writes=False,
            writes_what="nothing",
            needs=("function-name", "source"),
            about="The path of `deploy` up to its first write, with a role that may only read: "
            "build hash, files, packages and configuration members that would change "
            "against the live version, findings of the review with the live triggers, and "
            "all that stands against a deploy, told at once. It records the build in a "
            "check run for `require-reviewed`. On a fork's pull request, which has no "
            "credentials, it packs, hashes and reviews.",
            ends=(
                ("planned", "a deploy would change what runs, and nothing stands against it"),
                ("unchanged", "this build runs already"),
            ),
            errors=(
                *_ALWAYS,
                *_BUILD,
                *_LOOK,
                *_STATE,
                "HASH",
                "REVIEW",
                "ATTESTATION",
                "SUPERSEDED",
            ),
            rights=(
                _CHECKOUT,
                _COMMENT,
                ("checks: write", "to record the build that is reviewed"),
                _OIDC,
            ),
            starts="pull_request:",
            more=(
                "workflows.md",
                "attestations.md",
            ),
        ),
        Command(
            name="rollback",
            help="move the alias to an earlier version, after verifying that version again",
            writes=True,
            writes_what="the alias",
            needs=("function-name",),
            about="The version is found by number, code hash, hash alias, or as the one before; "
            "it is verified again (bytes, signature, publisher, revocation, state), then "
            "one UpdateAlias moves the alias, by compare and swap. A version that fails any "
            "check is refused and the alias stays.",
            ends=(
                ("rolled-back", "the alias runs the version"),
                ("unchanged", "it ran it already"),
            ),
            errors=(*_ALWAYS, *_LOOK, *_STATE, *_MOVE),
            rights=(_OIDC,),
            starts=_BY_HAND,
            more=("guides/incident.md",),
        ),
        Command(
            name="promote",
            help="move the alias to what another alias runs, of this function or of one elsewhere,"
            " after verifying it again; never built or signed again",
            writes=True,
            writes_what="the alias; with `from-function` an S3 object, $LATEST, a version, aliases",
            needs=("function-name", "from-alias"),
            about="The version that `from-alias` routes to, and no other build, is verified again "
            "as for a rollback; then `alias` moves to it, by compare and swap. With "
            "`from-function` the same signed bytes of another function, account or region become a "
            "version of this one, with the roles of [promote-from-function.json]"
            "(../iam/promote-from-function.json) and [promote-source.json]"
            "(../iam/promote-source.json). Nothing is built or signed.",
            ends=(
                ("promoted", "the alias runs the version"),
                ("unchanged", "it ran it already"),
            ),
            errors=(*_ALWAYS, *_LOOK, *_STATE, *_MOVE, "ZIP", "LAMBDA"),
            rights=(_OIDC,),
            starts=_BY_HAND,
            more=("guides/accounts.md",),
        ),
        Command(
            name="verify",
            help="check that the alias still runs the recorded bytes, signed; for a schedule",
            writes=False,
            writes_what="nothing",
            needs=("function-name",),
            about="Every version that calls of the alias may reach is downloaded, hashed and "
            "verified again; the alias' record, the hash aliases, recursion and who can "
            "reach `$LATEST` are looked at. All that differs is told at once; what could "
            "not be looked at is never told as verified. Of many aliases, none hides "
            "another.",
            ends=(("verified", "all that was looked at is as it was recorded"),),
            errors=(*_ALWAYS, *_LOOK, *_STATE, "HASH", "SIGNATURE", "TARGET", "DRIFT", "VERIFY"),
            rights=(_OIDC, ("issues: write", "for open-issue")),
            starts="schedule:\n    - cron: '23 * * * *'",
            also=("open-issue: true",),
            more=("verify.md",),
        ),
        Command(
            name="lock",
            help="say what keeps callers from `$LATEST`, or write it into the function's policy",
            writes=True,
            writes_what="one statement of the function's resource policy, with `lock-latest`",
            needs=("function-name",),
            about="It says which ways lead to `$LATEST` and prints the statements that deny them, "
            "for the function's policy, for roles and for the organization. With "
            "`lock-latest: policy` one Deny is put into the function's resource policy by "
            "read, merge and conditional write, beside all that is there; `remove` takes "
            "exactly it out. For people, with a role of its own.",
            ends=(
                ("unchanged", "nothing was to be written, or only told"),
                ("locked", "the Deny stands, read back"),
                ("unlocked", "it is gone, read back"),
            ),
            errors=(*_ALWAYS, *_LOOK, *_STATE, "EVENT", "LOCK", "CONFLICT"),
            rights=(_OIDC,),
            starts=_BY_HAND,
            more=("verify.md",),
        ),
        Command(
            name="history",
            help="list what was released: versions, hashes, commits, signatures, what can be rolled"
            " back to",
            writes=False,
            writes_what="nothing",
            needs=("function-name",),
            about="The versions of the function, newest first, with a picture: hashes, hash "
            "alias, commit, pull request, who started the run, why the alias was moved, "
            "which profile version signed, and whether a rollback to it would be refused.",
            ends=(
                ("listed", "the releases are in the summary, the report and the output `releases`"),
            ),
            errors=(*_ALWAYS, *_LOOK),
            rights=(
                _OIDC,
                ("contents: read", "to find pull requests of commits"),
                ("pull-requests: read", "to name them"),
                ("actions: read", "to see who started a run"),
            ),
            starts=_BY_HAND,
            more=("guides/incident.md",),
        ),
        Command(
            name="scan",
            help="review the source without running it; needs no AWS role",
            writes=False,
            writes_what="nothing",
            needs=("source",),
            needs_region=False,
            about="It packs `source` as a deploy would, and reviews exactly those files and the "
            "templates around them: functions that start themselves again, in five "
            "languages, and a few other faults of Python code. Nothing of the source is "
            "run; no role, no call to AWS.",
            ends=(("scanned", "no finding blocks"),),
            errors=(*_ALWAYS, *_BUILD),
            rights=(_CHECKOUT, _COMMENT),
            starts="pull_request:",
            more=(
                "rules.md",
                "workflows.md",
            ),
        ),
    )
}
