"""Root is given up for good, and what the process then still can do is told as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import signed_lambda
from signed_lambda import privileges
from signed_lambda.errors import RootError
from signed_lambda.privileges import NO_GROUP, NOBODY, Owner, WithoutRoot, owner_of
from signed_lambda.report.model import Status

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give root up")
PERSON = 1001

BEGIN = """
import json, os, sys
from pathlib import Path
from signed_lambda.privileges import owner_of

os.umask(0o077)
owner = owner_of(Path(sys.argv[1]))
with owner.folder() as folder:
    zipped = folder / "package.zip"
    zipped.write_bytes(b"zip")
    before = folder.stat()
    fact = owner.become(folder.iterdir()).fact()
    read = zipped.read_bytes() == b"zip"
"""
WANTS_IT_BACK = """
for act in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    try:
        act()
        sys.exit("got something back")
    except PermissionError:
        pass
"""
TELLS = """
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
    "capabilities": [int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Amb")],
    "no_new_privileges": status["NoNewPrivs"].strip(),
    "folder": [before.st_uid, oct(before.st_mode & 0o777)],
    "read": read, "left": folder.exists(), "proof": fact.proof,
    "peek": Path("/proc/self/environ").stat().st_uid,
}))
"""
GIVES_UP = BEGIN + WANTS_IT_BACK + TELLS


def give_up(workspace: Path, program: str = GIVES_UP) -> subprocess.CompletedProcess[str]:
    """Runs a program that gives root up."""
    source = str(Path(signed_lambda.__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-B", "-c", program, str(workspace)],
        env={"PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )


@as_root
def test_root_becomes_the_workspaces_owner_in_no_group_and_for_good(tmp_path: Path) -> None:
    os.chown(tmp_path, PERSON, 0)  # root's group: where the group is Docker's it is no better

    done = give_up(tmp_path)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["ids"] == [[PERSON] * 3, [NO_GROUP] * 3, []]
    assert found["capabilities"] == [0, 0, 0, 0]
    assert found["no_new_privileges"] == "1"
    assert found["peek"] == 0  # other processes of the user cannot read its environment
    assert f"user {PERSON}, to whom the workspace belongs, in no group" in found["proof"]


@as_root
def test_the_private_folder_is_the_owners_who_reads_and_tidies_what_root_wrote(
    tmp_path: Path,
) -> None:
    os.chown(tmp_path, PERSON, PERSON)

    found = json.loads(give_up(tmp_path).stdout)

    assert found["folder"] == [PERSON, "0o700"]
    assert (found["read"], found["left"]) == (True, False)


@as_root
def test_in_a_workspace_of_roots_the_process_stays_root_and_says_so(tmp_path: Path) -> None:
    os.chown(tmp_path, 0, 0)

    found = json.loads(give_up(tmp_path, BEGIN + TELLS).stdout)

    assert found["ids"][0] == [0, 0, 0]
    assert found["no_new_privileges"] == "1"
    assert found["proof"].startswith("still root: the workspace is root's")


@as_root
def test_root_that_cannot_be_given_up_is_an_error_of_ours(tmp_path: Path) -> None:
    os.chown(tmp_path, PERSON, PERSON)
    without_capabilities = (
        "import os, sys\nfrom pathlib import Path\n"
        "from signed_lambda.errors import RootError\n"
        "from signed_lambda.privileges import owner_of\n"
        "owner = owner_of(Path(sys.argv[1]))\n"
        "os.setresuid = lambda *_: None\n"  # a kernel that says yes and does nothing
        "try:\n    owner.become()\nexcept RootError as error:\n    print(error)\n"
    )

    done = give_up(tmp_path, without_capabilities)

    assert done.stdout.startswith("E-ROOT-01 root could not be given up: the process is of user")
    assert "SETUID, SETGID and DAC_OVERRIDE" in done.stdout


@as_root
def test_the_owner_is_the_workspaces_and_nobody_where_there_is_none(tmp_path: Path) -> None:
    os.chown(tmp_path, PERSON, PERSON)

    assert owner_of(tmp_path) == Owner(PERSON)
    assert owner_of(tmp_path / "gone") == Owner(NOBODY)


def test_who_is_not_root_has_nothing_to_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: PERSON)

    assert owner_of(tmp_path) is None


def test_another_user_than_the_owner_is_never_confirmed() -> None:
    with pytest.raises(RootError, match="E-ROOT-01"):
        WithoutRoot.confirm(Owner(os.getuid() + 1))


@pytest.mark.parametrize(
    ("user", "sockets", "status", "proof"),
    [
        (PERSON, (), Status.OK, f"user {PERSON}, .*; cannot use Docker"),
        (PERSON, ("/d.sock",), Status.WARNING, r"user 1001, .*; can use /d\.sock"),
        (0, (), Status.OK, "still root: .*; cannot use Docker"),
        (0, ("/d.sock",), Status.WARNING, r"still root: .*; can use /d\.sock"),
    ],
)
def test_the_report_says_who_the_process_is_and_whether_it_can_use_docker(
    user: int, sockets: tuple[str, ...], status: Status, proof: str
) -> None:
    fact = WithoutRoot(user=user, sockets=sockets).fact()

    assert fact.status is status
    assert re.fullmatch(proof, fact.proof)


@as_root
def test_a_socket_that_can_be_used_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sock = tmp_path / "docker.sock"
    sock.touch()
    monkeypatch.setattr(privileges, "SOCKETS", (sock, tmp_path / "none.sock"))

    assert WithoutRoot.confirm(Owner(0)).sockets == (str(sock),)
