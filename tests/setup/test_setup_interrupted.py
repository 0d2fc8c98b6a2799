"""`setup --apply` killed at any write, or its answer lost: run again, the same end state."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.rig.wire import Killed
from tests.support.admin import NAMES, Admin

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse


@cache
def whole_run() -> tuple[dict[str, object], tuple[tuple[str, bool], ...]]:
    """What an undisturbed run makes; its calls, and whether each writes."""
    with TemporaryDirectory() as folder:
        admin = Admin(Path(folder))
        calls = tuple((c.operation, c.write) for c in admin.applied().calls)
        return admin.picture(), calls


def undisturbed() -> dict[str, object]:
    """What an undisturbed run makes."""
    return whole_run()[0]


def writes() -> list[tuple[int, str]]:
    """The place of each write among the calls."""
    return [(i, name) for i, (name, write) in enumerate(whole_run()[1]) if write]


class Killer:
    """A transport that dies at its nth call, before the call takes effect or after."""

    def __init__(self, admin: Admin, at: int, *, after: bool) -> None:
        self._send = admin.sandbox.before_send
        self._left = at
        self._after = after

    def __call__(self, request: AWSPreparedRequest, **context: object) -> AWSResponse:
        """Carries a request."""
        self._left -= 1
        if self._left == -1 and not self._after:
            raise Killed
        answer = self._send(request, **context)
        if self._left == -1:
            raise Killed
        return answer


WRITES = 17


def test_the_number_of_writes_is_known() -> None:
    assert len(writes()) == WRITES


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(WRITES))
def test_killed_at_a_write_and_run_again_it_comes_to_the_same_end(
    admin: Admin, nth: int, *, after: bool
) -> None:
    place, operation = writes()[nth]
    admin.transport = Killer(admin, place, after=after)
    with pytest.raises(Killed):
        admin.setup("--apply", *NAMES)
    reached = [c.operation for c in admin.sandbox.calls if c.write]
    admin.transport = admin.sandbox.before_send

    again = admin.setup("--apply", *NAMES)

    assert (operation in reached[-1:]) is after
    assert again.exit_code == 0, again.out + again.err
    assert admin.picture() == undisturbed()


@pytest.mark.parametrize("kind", ["lost_after", "error500_after", "conn_before", "throttle"])
@pytest.mark.parametrize("operation", sorted({name for _, name in writes()}))
def test_a_write_whose_answer_is_lost_is_not_done_twice(
    admin: Admin, operation: str, kind: str
) -> None:
    admin.sandbox.faults.add(operation, kind)

    ran = admin.setup("--apply", *NAMES)

    assert ran.exit_code == 0, ran.out + ran.err
    assert admin.picture() == undisturbed()


def test_where_every_call_meets_a_portal_first_the_end_is_the_same(admin: Admin) -> None:
    for operation in {name for name, _ in whole_run()[1]}:
        admin.sandbox.faults.add(operation, "html_200")

    ran = admin.setup("--apply", *NAMES)

    assert ran.exit_code == 0, ran.out + ran.err
    assert "an HTML page" in ran.err
    assert admin.picture() == undisturbed()


def test_an_account_that_never_answers_is_given_up_in_our_words(admin: Admin) -> None:
    admin.sandbox.faults.add("GetRole", "html_200", None)

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, ran.writes) == (29, [])
    assert "E-AWS-03 unexpected answer from iam:GetRole" in ran.err


@pytest.mark.parametrize("done", range(5))
def test_stopped_among_the_workflow_files_it_writes_the_rest(admin: Admin, done: int) -> None:
    files = undisturbed()["files"]
    assert isinstance(files, dict)
    folder = admin.checkout / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in list(files.items())[:done]:
        (admin.checkout / name).write_text(text)
    for name in files:
        (admin.checkout / name).with_name(f".{Path(name).name}.new").write_text("half of")

    ran = admin.setup("--apply", *NAMES)

    assert ran.exit_code == 0, ran.err
    written = {p.name for p in folder.iterdir() if not p.name.startswith(".")}
    assert written == {Path(name).name for name in files}
    assert all((admin.checkout / name).read_text() == text for name, text in files.items())


def test_a_role_that_somebody_else_makes_meanwhile_gets_no_policy(admin: Admin) -> None:
    def made_by_others(_: object) -> None:
        admin.client("iam").create_role(
            RoleName="deploy-orders",
            AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            '"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}',
        )

    admin.sandbox.before("CreateRole", made_by_others)

    ran = admin.setup("--apply", *NAMES)

    assert (ran.exit_code, "E-SETUP-02" in ran.err) == (40, True)
    assert "PutRolePolicy" not in ran.writes
