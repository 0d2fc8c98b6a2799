"""The reports behind the golden files: one for each way a run can end that a reader must tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import Problem
from signed_lambda.model import Advice, LeftOut, MemberChange, Sha256
from signed_lambda.report.model import (
    CameFrom,
    Check,
    Comparison,
    DependencyMove,
    Differing,
    Fact,
    FileChange,
    Finding,
    Link,
    OtherFinding,
    OtherReview,
    PackageSummary,
    Reach,
    Release,
    Report,
    Review,
    Run,
    Status,
)

if TYPE_CHECKING:
    from typing import Any

BUILD: Final = Sha256.from_b64("pf32DNpm0ITvZkFgciXlp9yPMret7hGyVOsh1aSQv5M=")
SIGNED: Final = Sha256.from_b64("vjPUFeIjINZwk4Uhs1027iYSClIL9k86Za7dYoYAmyk=")
OLD: Final = Sha256.from_b64("oWgb+m/JPbVd481g6+VAUkvtkve1oy3qyISEL5NfH2M=")
CONFIG: Final = Sha256.from_hex("944c6260d940c0bde2aaee2212f4e5e6e4f5ea04754412aaf42c2a064cae578e")
COMMIT: Final = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
ARN: Final = "arn:aws:lambda:eu-west-1:111122223333:function:orders-thumbnailer:42"

RUN: Final = Run(
    repository="acme/orders",
    server_url="https://github.com",
    run_id=17204991112,
    attempt=1,
    commit=COMMIT,
    event="push",
    actor="dev-anna",
    workflow="deploy",
)
PACKAGE: Final = PackageSummary(
    files=415,
    size_bytes=1_258_291,
    unzipped_bytes=4_718_592,
    compression="default",
    codec="libdeflate via deflate 0.9.0, level 5 (4 for texts from 64 KiB, 1 below 8 KiB), default",
    left_out=(
        LeftOut("config/.env", "secret"),
        LeftOut("app/__pycache__/handler.cpython-313.pyc", "bytecode"),
        LeftOut("tests/test_handler.py", "pattern"),
    ),
    notes=("`Case.py` and `case.py` differ only by case",),
    repo_root="src",
)
JOB: Final = "8f1c2a44-63f0-4b58-9a0f-0c1d2e3f4a5b"


def fact(step: str, title: str, proof: str, took_s: float, status: Status = Status.OK) -> Fact:
    """A step, short to write."""
    return Fact(step=step, title=title, status=status, proof=proof, took_s=took_s)


LOOKED: Final = (
    fact("inputs", "Inputs", "17 inputs, all valid", 0.0),
    fact("package", "Package src/", f"415 files, SHA-256 {BUILD.b64}", 0.31),
    fact(
        "observe",
        "Look at orders-thumbnailer in eu-west-1",
        "alias 'live' at 41, code signing Enforce, profile orders_prod",
        0.42,
    ),
)
UPLOADED: Final = fact(
    "upload",
    "Upload to s3://acme-artifacts/signed-lambda/unsigned/a5fdf60c.zip",
    "stored, ChecksumSHA256 equal, version id 3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
    1.13,
)
SIGNED_FACT: Final = fact(
    "sign",
    "Sign with AWS Signer and verify the signed zip offline",
    f"job {JOB} Succeeded, 415 files equal to the build, version id 9Kd2PzqV",
    21.4,
)
UPDATED: Final = fact(
    "update",
    "Update $LATEST",
    f"LastUpdateStatus Successful, CodeSha256 {SIGNED.b64}, configuration unchanged",
    9.8,
)
PUBLISHED: Final = fact(
    "publish", "Version 42 published", f"code downloaded and re-hashed: {SIGNED.b64}", 3.2
)
MOVED: Final = (
    fact("smoke", "Smoke test", "no smoke-event was given", 0.0, Status.SKIPPED),
    fact("hash-alias", "Hash alias", f"HASH-{CONFIG.hex} -> 42", 0.2),
    fact("alias", "Move alias 'live'", "41 -> 42, read back, revision 5b1f7c9e", 0.4),
)

TO_S3: Final = (
    Link(name="Build, unsigned zip", sha256=BUILD, equals=""),
    Link(name="Object in S3", sha256=BUILD, equals="the build"),
)
TO_SIGNED: Final = (
    *TO_S3,
    Link(name="Signed zip", sha256=SIGNED, equals="the build's 415 files, plus the signature"),
)
TO_LATEST: Final = (
    *TO_SIGNED,
    Link(name="CodeSha256 of $LATEST", sha256=SIGNED, equals="the signed zip"),
)
WHOLE: Final = (
    *TO_LATEST,
    Link(name="CodeSha256 of version 42", sha256=SIGNED, equals="CodeSha256 of $LATEST"),
    Link(name="Code of version 42, downloaded", sha256=SIGNED, equals="its CodeSha256"),
    Link(name="Code behind alias 'live'", sha256=SIGNED, equals="version 42"),
)


def report(**changes: Any) -> Report:  # noqa: ANN401 - any member of the report
    """The signed deploy of version 42, with changes."""
    values: dict[str, Any] = {
        "command": "deploy",
        "outcome": "deployed",
        "changed": True,
        "function_name": "orders-thumbnailer",
        "alias": "live",
        "region": "eu-west-1",
        "version": "42",
        "previous_version": "41",
        "version_arn": ARN,
        "build_sha256": BUILD,
        "code_sha256": SIGNED,
        "config_sha256": CONFIG,
        "hash_alias": f"HASH-{CONFIG.hex}",
        "signing_job_id": JOB,
        "signing_profile": "orders_prod",
        "facts": (*LOOKED, UPLOADED, SIGNED_FACT, UPDATED, PUBLISHED, *MOVED),
        "links": WHOLE,
        "reach": Reach.ALIAS,
        "package": PACKAGE,
        "undo_version": "41",
        "run": RUN,
        "action_version": "0.1.0",
        "started_at": datetime(2026, 11, 22, 9, 2, 11, tzinfo=UTC),
        "took_s": 37.2,
    }
    return Report(**(values | changes))


TAMPERED: Final = Problem(
    "E-SIGNATURE-41",
    "the signed zip is not the build: 'app_hook/__init__.py' was added (214 bytes, not in the"
    " build), at s3://acme-artifacts/signed-lambda/signed/a5fdf60c/7Xk2/8f1c2a44.zip",
    "find out who can write to that prefix; then run the deploy again, it signs afresh",
)
CHANGED: Final = Problem(
    "E-CONFLICT-03",
    "the configuration of `orders-thumbnailer` changed while this run worked: Timeout 3 -> 900,"
    " environment names API_URL (values are never shown)",
    "see who changed it (CloudTrail, UpdateFunctionConfiguration), then run the deploy again",
)
LOOP: Final = Finding(
    rule="REC-S3-SELF",
    severity="high",
    certainty="certain",
    path="handler.py",
    line=47,
    end_line=52,
    function="handler",
    message="`handler` writes to the bucket and prefix that trigger it.",
    cycle=(
        "S3 acme-images (prefix images/)",
        "orders-thumbnailer",
        "S3 acme-images (prefix images/)",
    ),
    evidence=(
        "template.yaml:31 `Events: s3:ObjectCreated:*` on `acme-images`, prefix `images/`",
        "handler.py:47 `s3.put_object(Bucket='acme-images', Key=f'images/{name}')`",
    ),
    guard=None,
    aws_stops=True,
    aws_why="AWS stops this after about 16 hops, where the SDK passes on its tracing header",
    fix="Write to another bucket, or to a prefix outside of `images/`.",
)
QUEUE: Final = Finding(
    rule="REC-SQS-RETRY",
    severity="medium",
    certainty="ask",
    path="queue.py",
    line=19,
    end_line=19,
    function="retry",
    message="`retry` sends the message to a queue that may be its own source.",
    cycle=(),
    evidence=("queue.py:19 `sqs.send_message(QueueUrl=os.environ['QUEUE'])`",),
    guard="a counter in `attempts`",
    aws_stops=None,
    fix="Give the message a counter and stop at a limit.",
    allowed="the queue is another one, see ADR 7",
    allowed_at=".signed-lambda.yml:4",
)

CLIENT: Final = Finding(
    rule="LAM-CLIENT",
    severity="low",
    certainty="certain",
    path="handler.py",
    line=12,
    end_line=12,
    function="handler",
    message="`handler` creates a client of AWS each time it is called.",
    cycle=(),
    evidence=("handler.py:12 `s3 = boto3.client('s3')`",),
    guard=None,
    aws_stops=None,
    fix="Create it outside of the handler.",
)
OTHERS: Final = (
    OtherReview(
        tool="CodeQL",
        errors=2,
        warnings=1,
        notes=0,
        suppressed=1,
        findings=(
            OtherFinding(
                rule="py/path-injection",
                level="error",
                path="src/handler.py",
                line=31,
                message="This path depends on a user-provided value.",
            ),
            OtherFinding(
                rule="py/clear-text-logging-sensitive-data",
                level="error",
                path="src/queue @all|.py",
                line=8,
                message="Logs <b>sensitive</b> data (password) @acme/team.",
            ),
            OtherFinding(
                rule="py/unused-import",
                level="warning",
                path="src/queue.py",
                line=0,
                message="Import of 'json' is not used.",
            ),
        ),
    ),
    OtherReview(tool="Bandit", errors=0, warnings=0, notes=0, suppressed=0, findings=()),
)
READ_OTHERS: Final = fact(
    "other-reviews",
    "Findings of other reviewers",
    "CodeQL: 2 errors, 1 warning, 1 suppressed; Bandit: nothing found",
    0.0,
)

BLOCKS: Final = Problem(
    "E-SCAN-01",
    "REC-S3-SELF (high) at handler.py:47: `handler` writes to the bucket and prefix that trigger"
    " it.",
    "Write to another bucket, or to a prefix outside of `images/`, or say why it is safe on that"
    " line: `# signed-lambda: allow REC-S3-SELF -- reason`",
)
COMPARISON: Final = Comparison(
    version="41",
    code_sha256=OLD,
    files=(
        FileChange("boto3-1.43.106.dist-info/RECORD", None, 640, "boto3", in_pull_request=False),
        FileChange("boto3-1.43.98.dist-info/RECORD", 640, None, "boto3", in_pull_request=False),
        FileChange("boto3/session.py", 19_844, 19_902, "boto3", in_pull_request=False),
        FileChange("handler.py", 2_114, 2_390, in_pull_request=True),
        FileChange("old.py", 12, None, in_pull_request=True),
        FileChange("queue @all|.py", None, 640, in_pull_request=False),
    ),
    same_files=412,
    dependencies=(DependencyMove(name="boto3", before="1.43.98", after="1.43.106", files=3),),
    configuration=(
        MemberChange(name="Environment", note="added API_URL"),
        MemberChange(
            name="Role",
            before='"arn:aws:iam::111122223333:role/orders"',
            after='"arn:aws:iam::111122223333:role/admin"',
        ),
        MemberChange(name="Timeout", before="10", after="60"),
    ),
)
SCANNED: Final = fact(
    "scan",
    "Static review",
    "2 findings in 7 files",
    0.1,
    Status.WARNING,
)
UNSEEN: Final = fact(
    "observe",
    "Look at the profile",
    "the role may not signer:GetSigningProfile on arn:aws:signer:eu-west-1:111122223333:/p",
    0.1,
    Status.SKIPPED,
)
COMPARED: Final = fact(
    "compare",
    "Compare with version 41",
    "6 files differ, 412 are the same, 3 configuration members differ",
    0.4,
)
ON_DEPLOY: Final = fact(
    "plan",
    "On deploy",
    "upload to s3://acme-artifacts/signed-lambda, sign with orders_prod, publish a version, move"
    " alias 'live' (now 41)",
    0.0,
)
CHECK_RUN: Final = "https://github.com/acme/orders/runs/4711"
REVIEWED: Final = Review(
    pull_request=7, commit=COMMIT, build_sha256=BUILD, same=True, url=CHECK_RUN
)
OTHER_BUILD: Final = Review(
    pull_request=7,
    commit=COMMIT,
    build_sha256=OLD,
    same=False,
    differing=(Differing("app/", "changed"), Differing("new @all.py", "added")),
    url=CHECK_RUN,
)


def release(version: str, **changes: Any) -> Release:  # noqa: ANN401 - any member of the release
    """A release of this action, with changes."""
    values: dict[str, Any] = {
        "version": version,
        "place": "",
        "code_sha256": OLD,
        "hash_alias": f"HASH-{CONFIG.hex}",
        "aliases": (),
        "build": BUILD.hex,
        "commit": COMMIT,
        "run": 17204991112,
        "attempt": 1,
        "pull_request": 128,
        "who": "dev-anna",
        "published_at": "2026-11-20T14:03:22+00:00",
        "command": "",
        "reason": "",
        "signing_job_id": JOB,
        "signed_by": "orders_prod/7Xk2Lm9QaB",
        "standing": "usable",
        "why": "signed, not revoked",
    }
    return Release(**(values | changes))


RELEASES: Final = (
    release(
        "42",
        place="previous",
        code_sha256=SIGNED,
        published_at="2026-11-22T09:02:11+00:00",
        standing="refused",
        why="its signature was revoked",
    ),
    release(
        "41",
        place="live",
        aliases=("staging",),
        command="rollback",
        reason="errors since 12:00, ticket 4711",
    ),
    release(
        "40",
        hash_alias="",
        build="",
        commit="",
        run=0,
        attempt=0,
        pull_request=0,
        who="",
        published_at="2026-11-18T08:00:00+00:00",
        signing_job_id="",
        signed_by="",
        standing="refused",
        why="unsigned",
    ),
)
MOVED_BY_HAND: Final = Problem(
    "E-DRIFT-02",
    "alias 'live' was moved to version 43 outside of this action: its record is of run 17.1, which"
    " moved it to another version, configuration or function",
    "Find out who moved it",
)
DENIED: Final = Problem(
    "E-ACCESS-01",
    "missing lambda:GetAlias on arn:aws:lambda:eu-west-1:111122223333:function:payments",
    "Allow it",
)
CHECKS: Final = tuple(
    Check(
        function_name=name,
        alias="live",
        verdict=verdict,
        version=version,
        code_sha256=SIGNED if verdict == "verified" else None,
        hash_alias=f"HASH-{CONFIG.hex}" if verdict == "verified" else "",
        problems=problems,
        warnings=("$LATEST of stock, which nobody verified, can be reached in 2 ways",)
        if name == "stock"
        else (),
        facts=(),
    )
    for name, verdict, version, problems in (
        ("orders", "drifted", "43", (MOVED_BY_HAND,)),
        ("payments", "unverified", "", (DENIED,)),
        ("stock", "verified", "7", ()),
    )
)
_CHECKED: Final = {
    "drifted": Status.FAILED,
    "unverified": Status.SKIPPED,
    "verified": Status.OK,
}

CASES: Final = {
    "deployed": report(),
    "listed": report(
        command="history",
        outcome="listed",
        changed=False,
        version="41",
        previous_version="42",
        version_arn="",
        build_sha256=None,
        code_sha256=OLD,
        config_sha256=None,
        undo_version="",
        package=None,
        links=(),
        reach=Reach.NOTHING,
        facts=(
            fact("history", "Versions of orders", "3 listed, 2 published by us, 12 older", 0.4),
        ),
        warnings=("A rollback to version 42, which alias 'live' ran before, would be refused",),
        releases=RELEASES,
        older_releases=12,
        took_s=0.9,
    ),
    "reviewed": report(
        review=REVIEWED,
        review_required=True,
        facts=(
            *LOOKED,
            fact("review", "Build reviewed in pull request 7", "its plan recorded this build", 0.5),
            UPLOADED,
            SIGNED_FACT,
            UPDATED,
            PUBLISHED,
            *MOVED,
        ),
    ),
    "not-reviewed": report(
        outcome="refused",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        config_sha256=None,
        hash_alias="",
        undo_version="",
        reach=Reach.NOTHING,
        review=OTHER_BUILD,
        review_required=True,
        problems=(
            Problem(
                "E-REVIEW-03",
                "the build `pf32DNpm0ITv…` is not the one that was reviewed in pull request 7:"
                " `oWgb+m/JPbVd…` of commit a1b2c3d",
                "Make the build reproducible and plan the pull request against the newest base;"
                " then review it again",
            ),
        ),
        left="Nothing was written; every alias and version is as it was",
        facts=LOOKED[:2],
        links=TO_S3[:1],
        took_s=1.2,
    ),
    "planned": report(
        command="plan",
        outcome="planned",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        hash_alias="",
        signing_job_id="",
        reach=Reach.NOTHING,
        facts=(
            *LOOKED,
            fact("scan", "Static review", "0 findings in 7 files", 0.1),
            COMPARED,
            ON_DEPLOY,
        ),
        links=TO_S3[:1],
        comparison=replace(
            COMPARISON,
            files=COMPARISON.files[3:5],
            dependencies=(),
            configuration=(),
            pins=("src/requirements.txt",),
        ),
        review_required=True,
        run=replace(RUN, event="pull_request"),
        took_s=1.3,
    ),
    "advised": report(
        command="plan",
        outcome="planned",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        hash_alias="",
        signing_job_id="",
        reach=Reach.NOTHING,
        facts=(*LOOKED, COMPARED, ON_DEPLOY),
        links=TO_S3[:1],
        package=replace(
            PACKAGE,
            compression="small",
            codec="libdeflate via deflate 0.9.0, level 8, small",
            left_out=(
                *PACKAGE.left_out,
                LeftOut("lib/__pycache__/", "bytecode"),
                LeftOut("lib/old.pyc", "bytecode"),
            ),
            advice=(
                Advice(
                    exclude="*.d.ts",
                    what="TypeScript declarations",
                    files=212,
                    size_bytes=1_572_864,
                    zipped_bytes=262_144,
                ),
                Advice(
                    exclude="**/node_modules/**/*.map",
                    what="source maps of installed packages",
                    files=1,
                    size_bytes=524_288,
                    zipped_bytes=131_072,
                ),
            ),
        ),
        run=replace(RUN, event="pull_request"),
        took_s=1.3,
    ),
    "unchanged": report(
        outcome="unchanged",
        changed=False,
        version="41",
        previous_version="41",
        undo_version="",
        reach=Reach.NOTHING,
        facts=(
            *LOOKED,
            fact(
                "observe",
                "Version 41 already runs this build",
                "its signed object hashes to it",
                0.6,
            ),
        ),
        links=(
            TO_S3[0],
            Link(name="CodeSha256 of version 41", sha256=SIGNED, equals="the signed build in S3"),
        ),
        took_s=1.4,
    ),
    "refused": report(
        outcome="refused",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        config_sha256=None,
        hash_alias="",
        undo_version="",
        reach=Reach.ARTEFACTS,
        problems=(TAMPERED,),
        left="Lambda was not touched (alias 'live' is still at 41); files in S3 or a signing job"
        " may exist and are reused by the next run",
        facts=(
            *LOOKED,
            UPLOADED,
            fact(
                "sign", "Verify the signed zip", "app_hook/__init__.py added", 22.0, Status.FAILED
            ),
        ),
        links=TO_S3,
        took_s=24.3,
    ),
    "failed": report(
        outcome="failed",
        changed=False,
        version="",
        version_arn="",
        config_sha256=None,
        hash_alias="",
        undo_version="",
        reach=Reach.LATEST,
        problems=(CHANGED,),
        left="Alias 'live' is still at 41, no version was published; $LATEST may hold the new"
        " code, which callers of the alias do not see",
        facts=(*LOOKED, UPLOADED, SIGNED_FACT, UPDATED),
        links=TO_LATEST,
        took_s=36.0,
    ),
    "rolled-back": report(
        command="rollback",
        outcome="rolled-back",
        version="41",
        previous_version="42",
        version_arn=ARN.replace(":42", ":41"),
        build_sha256=None,
        code_sha256=OLD,
        hash_alias="",
        signing_job_id="",
        signing_profile="",
        reason="thumbnails are upside down since 42",
        facts=(
            fact("observe", "Look at orders-thumbnailer in eu-west-1", "alias 'live' at 42", 0.4),
            fact("download", "Version 41", f"code downloaded and re-hashed: {OLD.b64}", 0.9),
            fact("alias", "Move alias 'live'", "42 -> 41, read back, revision 77aa01", 0.4),
        ),
        links=(
            Link(name="CodeSha256 of version 41", sha256=OLD, equals=""),
            Link(name="Code of version 41, downloaded", sha256=OLD, equals="its CodeSha256"),
            Link(name="Code behind alias 'live'", sha256=OLD, equals="version 41"),
        ),
        package=None,
        undo_version="42",
        took_s=2.1,
    ),
    "promoted": report(
        command="promote",
        outcome="promoted",
        build_sha256=None,
        signing_profile="",
        reason="a week in staging without an error",
        came_from=CameFrom(
            function_arn="arn:aws:lambda:us-east-1:444455556666:function:thumbnailer-staging",
            alias="live",
            version="117",
            code_sha256=SIGNED,
            build_sha256=BUILD,
            commit=RUN.commit,
        ),
        facts=(
            *LOOKED[-1:],
            fact(
                "origin",
                "Take version 117 of thumbnailer-staging, behind its alias 'live'",
                f"in us-east-1/444455556666; code downloaded and re-hashed: {SIGNED.b64}; published"
                f" from build {BUILD.hex} of commit {RUN.commit}",
                1.9,
            ),
            UPDATED,
            *MOVED,
        ),
        links=(
            Link(
                name="CodeSha256 behind alias 'live' of thumbnailer-staging, version 117",
                sha256=SIGNED,
                equals="",
            ),
            Link(
                name="Its code, downloaded",
                sha256=SIGNED,
                equals="its CodeSha256, and its signature verifies",
            ),
            Link(
                name="Object in S3",
                sha256=SIGNED,
                equals="the code of version 117 of thumbnailer-staging",
            ),
            Link(name="CodeSha256 of $LATEST", sha256=SIGNED, equals="the artefact"),
            Link(name="CodeSha256 of version 42", sha256=SIGNED, equals="$LATEST"),
            Link(name="CodeSha256 behind alias 'live'", sha256=SIGNED, equals="version 42"),
        ),
        package=None,
        took_s=14.2,
    ),
    "unsigned": report(
        warnings=("Deployed unsigned: `allow-unsigned` is true, nobody vouches for these bytes",),
        code_sha256=BUILD,
        signing_job_id="",
        signing_profile="",
        facts=(*LOOKED, UPLOADED, fact("update", "Update $LATEST", "Successful", 9.8), *MOVED),
        links=(
            *TO_S3,
            Link(name="CodeSha256 of version 42", sha256=BUILD, equals="the object in S3"),
            Link(name="Code behind alias 'live'", sha256=BUILD, equals="version 42"),
        ),
        took_s=15.8,
    ),
    "findings": report(
        command="plan",
        outcome="refused",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        hash_alias="",
        signing_job_id="",
        reach=Reach.NOTHING,
        facts=(*LOOKED, SCANNED, UNSEEN, COMPARED),
        links=TO_S3[:1],
        findings=(QUEUE, LOOP),
        problems=(BLOCKS,),
        left="Nothing was written; every alias and version is as it was",
        comparison=COMPARISON,
        undo_version="41",
        review_required=True,
        run=replace(RUN, event="pull_request"),
        took_s=1.1,
    ),
    "others": report(
        command="plan",
        outcome="planned",
        changed=False,
        version="",
        version_arn="",
        code_sha256=None,
        hash_alias="",
        signing_job_id="",
        reach=Reach.NOTHING,
        facts=(*LOOKED, READ_OTHERS, SCANNED),
        links=TO_S3[:1],
        findings=(CLIENT, QUEUE),
        other_reviews=OTHERS,
        undo_version="41",
        run=replace(RUN, event="pull_request"),
        took_s=1.1,
    ),
    "checked": report(
        command="verify",
        outcome="drifted",
        changed=False,
        function_name="",
        alias="",
        version="",
        previous_version="",
        version_arn="",
        build_sha256=None,
        code_sha256=None,
        config_sha256=None,
        hash_alias="",
        signing_job_id="",
        signing_profile="",
        undo_version="",
        reach=Reach.NOTHING,
        links=(),
        package=None,
        facts=tuple(
            Fact(
                step="verify",
                title=c.name,
                status=_CHECKED[c.verdict],
                proof=c.problems[0].what if c.problems else "runs what was recorded",
                took_s=0.4,
            )
            for c in CHECKS
        ),
        checks=CHECKS,
        problems=(
            Problem(
                "E-DRIFT-01",
                "1 of 3 aliases are not as they were released: orders:live",
                "See what follows; roll back to a version that verifies if callers are at risk",
            ),
            replace(MOVED_BY_HAND, what=f"orders:live: {MOVED_BY_HAND.what}"),
            Problem(
                "E-VERIFY-01",
                "1 of 3 aliases could not be checked: payments:live",
                "See what follows; what cannot be checked is not verified",
            ),
            replace(DENIED, what=f"payments:live: {DENIED.what}"),
        ),
        left="Nothing was written; every alias and version is as it was",
        run=replace(RUN, event="schedule"),
        took_s=4.2,
    ),
}
"""By the name of the golden files."""

PAGES: Final = {
    "REC-S3-SELF": """A function that writes to the bucket and prefix that trigger it.

Why: each object starts another run; cost and concurrency grow until somebody notices.

Bad::

    def handler(event, context):
        s3.put_object(Bucket="acme-images", Key=f"images/{name}")

Good::

    def handler(event, context):
        s3.put_object(Bucket="acme-thumbnails", Key=name)

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
""",
    "REC-SELF-CTX": "A function that invokes itself by its own context's function_name.",
}
"""Pages of installed rules: of one that found something, and of one that did not."""
