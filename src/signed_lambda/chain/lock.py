"""The lock on `$LATEST`: one Deny in the function's own resource policy, put in and taken out.

PutResourcePolicy replaces the whole policy, so what is there is read, merged and written with the
revision that was read: a change by somebody else is noticed by Lambda itself, and the merge is made
anew. No other statement is touched. AddPermission, which adds one statement, cannot deny.

Where a function has no policy yet there is no revision to send: a permission that somebody adds
between the last look and the write would be replaced. The look is made right before it.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Self

from signed_lambda.cloud import RevisionMovedError
from signed_lambda.errors import (
    AccessError,
    AwsError,
    Cancelled,
    DeadlineError,
    IdentityError,
    LockError,
)
from signed_lambda.latest import EVERYBODY, INVOKE, INVOKE_URL, SID, of_latest
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Link, Status

if TYPE_CHECKING:
    from signed_lambda.chain.workbench import Order, Workbench
    from signed_lambda.cloud import PolicyDocument

ATTEMPTS: Final = 5
"""Somebody else's changes that are merged again; more is a conflict."""
LONGEST_CHARACTERS: Final = 20_480
"""Source: botocore model lambda 2015-03-31, PutResourcePolicyRequest.Policy (1.44.5)."""
LOST: Final = (AwsError, DeadlineError, Cancelled, AccessError, IdentityError)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LatestLock:
    """The function's policy was read back and holds the Deny, or no longer does.

    Attributes:
        stands: Whether it does.
        written: Whether this run wrote.
        others: How many statements it stands beside.
    """

    stands: bool
    written: bool
    others: int

    @classmethod
    def confirm(
        cls,
        arn: str,
        before: PolicyDocument | None,
        answer: PolicyDocument | None,
        *,
        lock: bool,
        written: bool = True,
    ) -> Self:
        """From the policy as it was read back.

        Args:
            arn: Of the function.
            before: As it was read before the write; None where there was none.
            answer: As it was read back.
            lock: Whether the Deny is to be there.
            written: Whether this run wrote.

        Raises:
            LockError: It holds something else than was written.
        """
        wanted, found = _merged(arn, before, lock=lock), _statements(answer)
        if not _same(found, wanted):
            raise LockError.of(
                "E-LOCK-03",
                f"the policy of {arn} was read back with {len(found)} statements, other ones than"
                f" the {len(wanted)} that were written",
                "Look at it (`aws lambda get-policy`); somebody may have changed it since",
            )
        return cls(lock, written=written, others=len(_others(found)))

    def fact(self) -> Fact:
        """For the journal."""
        how = "written and read back" if self.written else "nothing had to be written"
        return Fact(
            step="lock",
            title="$LATEST is locked" if self.stands else "$LATEST is not locked",
            status=Status.OK,
            proof=f"{how}; {self.others} other statements of the policy are as they were",
        )

    def links(self) -> tuple[Link, ...]:
        """It is no link of the hash chain."""
        return ()


def statement(arn: str) -> Json:
    """The Deny, for an IAM policy (without a principal), too.

    The two ARNs are named one by one: `function:name*` and `function:name:*` would match versions
    and aliases as well.
    """
    return {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": [INVOKE, INVOKE_URL],
        "Resource": [*of_latest(arn)],
    }


def identity_statement(arn: str) -> Json:
    """For a role, a permissions boundary or a service control policy: of this function alone."""
    return {name: value for name, value in statement(arn).items() if name != "Principal"}


def organization_statements(partition: str) -> tuple[Json, ...]:
    """For a service control policy: of all functions, whatever their names.

    The first denies every name without a qualifier; the second `$LATEST` itself, which has one.
    Derived from IAM's rules of wildcards, not measured.
    """
    actions, every = [INVOKE, INVOKE_URL], f"arn:{partition}:lambda:*:*:function"
    deny: Json = {"Effect": "Deny", "Action": actions}
    return (
        {"Sid": f"{SID}Unqualified", **deny, "NotResource": f"{every}:*:*"},
        {"Sid": SID, **deny, "Resource": f"{every}:*:$LATEST"},
    )


def set_lock(bench: Workbench, order: Order, arn: str, *, lock: bool) -> LatestLock:
    """Puts the Deny into the function's policy, or takes it out; nothing where that is so.

    Raises:
        LockError: The policy has a statement of our name that says something else, would be too
            long, kept changing, or cannot be read back.
    """
    for _ in range(ATTEMPTS):
        before = bench.cloud.policy_document(arn)
        _require_ours(arn, before)
        if _same(_statements(before), _merged(arn, before, lock=lock)):
            return LatestLock.confirm(arn, before, before, lock=lock, written=False)
        bench.deadline.check(f"writing the policy of {order.function}")
        wanted = _text(arn, before, lock=lock)
        bench.journal.policy_sent()
        try:
            _write(bench, arn, before, wanted)
        except RevisionMovedError:
            # Somebody was faster, or it was our own write whose answer was lost.
            now = _read_back(bench, arn)
            if not _same(_statements(now), _merged(arn, before, lock=lock)):
                bench.journal.policy_stood()
                continue
        except LOST:
            now = _read_back(bench, arn)
            if not _same(_statements(now), _merged(arn, before, lock=lock)):
                bench.journal.policy_stood()
                raise
        else:
            now = _read_back(bench, arn)
        return LatestLock.confirm(arn, before, now, lock=lock)
    raise LockError.of(
        "E-LOCK-04",
        f"the policy of {arn} was changed {ATTEMPTS} times while it was merged",
        "Run it again when whoever changes it has ended",
    )


def _text(arn: str, before: PolicyDocument | None, *, lock: bool) -> str:
    """The merged policy as JSON, "" where no statement is left.

    Raises:
        LockError: It is longer than Lambda takes.
    """
    wanted = _merged(arn, before, lock=lock)
    if not wanted:
        return ""
    head = before.content if before is not None else {"Version": "2012-10-17", "Id": "default"}
    text = json.dumps({**head, "Statement": wanted}, separators=(",", ":"))
    if len(text) > LONGEST_CHARACTERS:
        raise LockError.of(
            "E-LOCK-02",
            f"the policy of {arn} would have {len(text):,} characters, Lambda takes"
            f" {LONGEST_CHARACTERS:,}",
            "Remove statements that are no longer needed (`aws lambda remove-permission`)",
        )
    return text


def _write(bench: Workbench, arn: str, before: PolicyDocument | None, wanted: str) -> None:
    """Sends the merged policy, or deletes what would be empty."""
    revision_id = before.revision_id if before is not None else None
    if wanted:
        bench.cloud.put_policy(arn, wanted, revision_id)
    else:
        bench.cloud.delete_policy(arn, revision_id)


def _read_back(bench: Workbench, arn: str) -> PolicyDocument | None:
    """The policy after a write.

    Raises:
        LockError: It cannot be read.
    """
    try:
        with bench.deadline.grace():
            return bench.cloud.policy_document(arn)
    except LOST as error:
        raise LockError.of(
            "E-LOCK-05",
            f"the change of the policy of {arn} was sent and cannot be read back:"
            f" {error.problems[0].what}",
            f"Look: `aws lambda get-policy --function-name {arn}`; running it again converges",
        ) from error


def _merged(arn: str, before: PolicyDocument | None, *, lock: bool) -> list[Json]:
    """The statements as they are to be: all others in their order, and ours at the end."""
    known = _statements(before)
    if lock and any(_says(one, statement(arn)) for one in known):
        return known
    return [*_others(known), *([statement(arn)] if lock else [])]


def _statements(policy: PolicyDocument | None) -> list[Json]:
    found: Any = policy.content.get("Statement", []) if policy is not None else []
    return [found] if isinstance(found, dict) else [*found]


def _others(statements: list[Json]) -> list[Json]:
    return [one for one in statements if one.get("Sid") != SID]


def _require_ours(arn: str, policy: PolicyDocument | None) -> None:
    """Refuses to replace a statement of our name that says something else."""
    for one in _statements(policy):
        if one.get("Sid") == SID and not _says(one, statement(arn)):
            raise LockError.of(
                "E-LOCK-01",
                f"the policy of {arn} has a statement {SID} that is not the lock: somebody"
                " changed it",
                f"Look at it, then remove it (`aws lambda remove-permission --function-name {arn}"
                f" --statement-id {SID}`) and run it again",
            )


def _same(some: list[Json], others: list[Json]) -> bool:
    """Whether two policies have the same statements, each as often, in whatever order."""
    return _plain(some) == _plain(others)


def _says(one: Json, other: Json) -> bool:
    """Whether two statements say the same."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    """One form of what IAM may write in several: its lists are sets, written in any order."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted(map(_plain, value), key=lambda one: json.dumps(one, sort_keys=True))
    return value
