"""Root is given up before anything is said to the network.

GitHub starts container actions as root, with the Docker socket at hand: whoever took over this
process would own the runner. So root packs, because files of earlier container actions may be
root's alone, and then becomes the owner of the workspace for good.

Only the owner's user, not the group: on GitHub's runners the workspace's group is `docker`, and
its members may use the socket. Where the workspace is root's own (act, Docker without root, some
runners of one's own), the process stays root, and the report says so: nobody else could write the
outputs there.

May import errors and report.model. Works with these capabilities alone: SETUID, SETGID (to give up
root) and DAC_OVERRIDE (to read as root).

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support#user,
actions/runner, ContainerActionHandler.cs (the socket), actions/runner issue 1282 (user and group)
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from signed_lambda.errors import RootError
from signed_lambda.lazy import dataclass
from signed_lambda.report.model import Fact, Link, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOBODY: Final = 65534
NO_GROUP: Final = 65534
"""Debian's `nobody` and `nogroup`: what they may, everybody may."""
SOCKETS: Final = (Path("/var/run/docker.sock"),)
"""Where the runner mounts Docker's socket."""
_SET_DUMPABLE: Final = 4
_SET_NO_NEW_PRIVILEGES: Final = 38
"""Source: linux/prctl.h"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom the workspace belongs to; what the process, root now, becomes."""

    user: int

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A private folder of the owner's, in which root writes and the owner can tidy up.

        Raises:
            RootError: E-ROOT-01.
        """
        self._act_as(self.user)
        try:
            # A question that nobody waits for may still write there when all is tidied up.
            made = tempfile.TemporaryDirectory(prefix="signed-lambda-", ignore_cleanup_errors=True)
        finally:
            self._act_as(0)
        with made as name:
            yield Path(name)

    def become(self, made: Iterable[Path] = ()) -> WithoutRoot:
        """Becomes the owner for good, without groups; nothing can make the process root again.

        No other process of the same user can look into this one either: its memory and its first
        environment hold credentials.

        Args:
            made: Files that root wrote into the private folder: the owner has to read them.

        Raises:
            RootError: E-ROOT-01, nothing may be said to the network.
        """
        for path in made:
            path.chmod(0o644)
        if self.user:
            try:
                os.setgroups([])
                os.setresgid(NO_GROUP, NO_GROUP, NO_GROUP)
                os.setresuid(self.user, self.user, self.user)
            except OSError as error:
                raise _still_root(f"user {self.user} cannot be taken on ({error})") from error
        _prctl(_SET_NO_NEW_PRIVILEGES, 1)
        _prctl(_SET_DUMPABLE, 0)
        return WithoutRoot.confirm(self)

    @staticmethod
    def _act_as(user: int) -> None:
        try:
            os.seteuid(user)
        except OSError as error:
            raise _still_root(f"user {user} cannot be acted for ({error})") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutRoot:
    """What the process is from now on.

    Attributes:
        user: 0 where the workspace is root's.
        sockets: Docker's sockets that it can still use.
    """

    user: int
    sockets: tuple[str, ...]

    @classmethod
    def confirm(cls, owner: Owner) -> Self:
        """From what the kernel says.

        Raises:
            RootError: E-ROOT-01.
        """
        expected = (owner.user,) * 3
        group = NO_GROUP if owner.user else os.getgid()
        found = (os.getresuid(), os.getresgid())
        if found != (expected, (group,) * 3) or (owner.user and (os.getgroups() or _regained())):
            raise _still_root(f"the process is of user {found[0]} and groups {found[1]}")
        usable = tuple(str(s) for s in SOCKETS if s.exists() and os.access(s, os.W_OK))
        return cls(user=owner.user, sockets=usable)

    def fact(self) -> Fact:
        """The step as the reader sees it."""
        socket = f"can use {', '.join(self.sockets)}" if self.sockets else "cannot use Docker"
        who = (
            f"user {self.user}, to whom the workspace belongs, in no group"
            if self.user
            else "still root: the workspace is root's, nobody else could write the outputs"
        )
        return Fact(
            step="privileges",
            title="Give up root",
            status=Status.WARNING if self.sockets else Status.OK,
            proof=f"{who}; {socket}",
        )

    def links(self) -> tuple[Link, ...]:
        """None of the hash chain."""
        return ()


def owner_of(workspace: Path) -> Owner | None:
    """What the process has to become; None where it is not root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    try:
        return Owner(workspace.stat().st_uid)
    except OSError:
        return Owner(NOBODY)  # there is no workspace, whose owner could be told


def _regained() -> bool:
    """Whether root can be had back."""
    try:
        os.setuid(0)
    except PermissionError:
        return False
    return True


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise _still_root(f"prctl({option}) failed ({os.strerror(ctypes.get_errno())})")


def _still_root(what: str) -> RootError:
    return RootError.of(
        "E-ROOT-01",
        f"root could not be given up: {what}",
        "Run the container with the capabilities SETUID, SETGID and DAC_OVERRIDE, as Docker does"
        " by itself",
    )
