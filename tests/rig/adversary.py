"""What others do to a world while a run goes on, and what must hold all the same.

An `Act` happens just before a call of the run. The judge knows the world before the run, just after
the act, and in the end; it takes no word of the report for true, and it shares no code with the
product.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lambda_sandbox.core import ApiError
from lambda_sandbox.signer import forge
from tests.attacks.conftest import evil_zip
from tests.rig.bench import ALIAS
from tests.rig.invariants import OF_A_RUN, at_goal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambda_sandbox import Sandbox
    from tests.rig.bench import Case, Goal, Ran, Rig
    from tests.rig.picture import Picture, VersionPicture
    from tests.rig.wire import Exchange, Wire

EVIL: Final = evil_zip()
CUT: Final = "hello"
"""A file of the source has this word: there it can be cut into two files of the same digest."""
ALWAYS: Final = ("I6", "I7", "I10", "I13", "I15")
"""Invariants that hold whatever others do."""


class Rigged:
    """Where the acts find what they act on.

    Attributes:
        unsigned, signed: Bucket and key at which the undisturbed run stores build and signed zip;
            None where it stores none.
        older: A zip that was signed for an earlier release.
    """

    def __init__(self, rig: Rig) -> None:
        self.sandbox: Sandbox = rig.sandbox
        self.function = rig.function
        self.profile = rig.team.estate.profile
        before, after = rig.quiet.before.objects, rig.quiet.after.objects
        stored = [place for place in after if place not in before]
        self.unsigned = next((p for p in stored if "/unsigned/" in p[1]), None)
        self.signed = next((p for p in stored if "/signed/" in p[1]), None)
        signed = [p for p in before if "/signed/" in p[1]]
        self.older = self.sandbox.world.objects.get(*signed[0]).body if signed else None

    @property
    def state(self) -> Any:  # noqa: ANN401 - lambda_sandbox's own
        """The function."""
        return self.sandbox.lambda_state.functions[self.function]

    def replace(self, place: tuple[str, str] | None, make: Callable[[bytes], bytes]) -> None:
        """A newer version of an object; nothing where there is no such object yet."""
        if place is None:
            raise NotNowError
        try:
            now = self.sandbox.world.objects.get(*place).body
        except ApiError:
            raise NotNowError from None
        self.sandbox.acts.put_object(*place, make(now))


class NotNowError(Exception):
    """There is nothing yet that this could be done to, or nothing any more."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody else does.

    Attributes:
        names: What a refusal because of it must say, as an expression.
    """

    name: str
    do: Callable[[Rigged], object]
    names: str

    def at(self, index: int, rigged: Rigged) -> Acting:
        """The hook that does it before the call with this index."""
        return Acting(self, index, rigged)


class Acting:
    """A hook.

    Attributes:
        seen: The world just after the act, None when it did not come to that.
        until: The world just before it.
    """

    def __init__(self, act: Act, index: int, rigged: Rigged) -> None:
        self.act, self.index, self._rigged = act, index, rigged
        self.happened = False
        self.photograph: Callable[[], Picture] | None = None
        self.seen: Picture | None = None
        self.until: Picture | None = None

    def before(self, _wire: Wire, exchange: Exchange) -> None:
        """The act, at its call."""
        if exchange.index != self.index or self.happened:
            return
        if self.photograph is not None:
            self.until = self.photograph()
        try:
            self.act.do(self._rigged)
        except (NotNowError, ApiError, KeyError):
            return
        self.happened = True
        if self.photograph is not None:
            self.seen = self.photograph()

    def after(self, _wire: Wire, _exchange: Exchange) -> None:
        """Nothing."""


def _newest(r: Rigged) -> str:
    if not r.state.versions:
        raise NotNowError
    return max(r.state.versions, key=int)


def _older(r: Rigged) -> Callable[[bytes], bytes]:
    if r.older is None:
        raise NotNowError
    older = r.older
    return lambda _: older


def _revoke_newest_job(r: Rigged) -> None:
    jobs = list(r.sandbox.signer.state.jobs.values())
    if not jobs or jobs[-1].status != "Succeeded":
        raise NotNowError
    r.sandbox.acts.revoke_job(jobs[-1].id)


def _publish_evil(r: Rigged) -> None:
    """Somebody publishes code of theirs and puts ours back: a number that is not ours is taken."""
    latest = r.state.latest.code
    r.sandbox.acts.console_edit_code(r.function, EVIL)
    r.sandbox.acts.publish(r.function)
    r.state.latest.code = latest


def _wipe(r: Rigged) -> None:
    """Newer versions of everything in the bucket, empty."""
    for place in (r.unsigned, r.signed):
        r.replace(place, lambda _: b"")


def _precreate(place: Callable[[Rigged], tuple[str, str] | None]) -> Callable[[Rigged], object]:
    def do(r: Rigged) -> None:
        where = place(r)
        if where is None:
            raise NotNowError
        r.sandbox.acts.put_object(*where, EVIL)

    return do


def _forged(make: Callable[[bytes], bytes]) -> Callable[[Rigged], object]:
    return lambda r: r.replace(r.signed, make)


_CODE: Final = r"CodeSha256|\$LATEST|edited|changed|moved|revision|RevisionId|other code"
_ALIAS: Final = r"alias '?live'?"
_SIGNED: Final = r"signed|signature|entry|file|zip|SHA-256|sha256"
_SIGNING: Final = r"code.signing|Enforce|Warn|profile|publisher"
_FUNCTION: Final = rf"function|was deleted|is missing|does not exist|{_CODE}|{_ALIAS}|version"

ACTS: Final = (
    Act("code-edited", lambda r: r.sandbox.acts.console_edit_code(r.function, EVIL), _CODE),
    Act(
        "timeout-edited",
        lambda r: r.sandbox.acts.console_edit_configuration(r.function, timeout=900),
        rf"Timeout|{_CODE}",
    ),
    Act(
        "environment-edited",
        lambda r: r.sandbox.acts.console_edit_configuration(r.function, env={"TABLE": "evil"}),
        rf"Environment|TABLE|environment|{_CODE}",
    ),
    Act(
        "role-edited",
        lambda r: r.sandbox.acts.console_edit_configuration(
            r.function, role="arn:aws:iam::111122223333:role/admin"
        ),
        rf"Role|{_CODE}",
    ),
    Act("unsigned-overwritten", lambda r: r.replace(r.unsigned, lambda _: EVIL), r"unsigned|s3://"),
    Act("unsigned-precreated", _precreate(lambda r: r.unsigned), r"unsigned|s3://"),
    Act("signed-overwritten", lambda r: r.replace(r.signed, lambda _: EVIL), _SIGNED),
    Act("signed-precreated", _precreate(lambda r: r.signed), _SIGNED),
    Act("signed-replayed", lambda r: r.replace(r.signed, _older(r)), _SIGNED),
    Act(
        "signed-split",
        _forged(lambda z: forge.split_into_module(z, "greet.py", CUT)),
        _SIGNED,
    ),
    Act("signed-merged", _forged(lambda z: forge.merged(z, "app.py")), _SIGNED),
    Act("signed-linked", _forged(lambda z: forge.turned_into_link(z, "greet.py")), _SIGNED),
    Act(
        "signed-mode",
        _forged(lambda z: forge.with_mode(z, "app.py", stat.S_IFREG | 0o777)),
        _SIGNED,
    ),
    Act("signed-added", _forged(lambda z: forge.added(z, "hook.py", b"import os\n")), _SIGNED),
    Act("bucket-wiped", _wipe, rf"s3://|{_SIGNED}"),
    Act("alias-moved", lambda r: r.sandbox.acts.move_alias(r.function, ALIAS, "$LATEST"), _ALIAS),
    Act(
        "alias-moved-to-newest",
        lambda r: r.sandbox.acts.move_alias(r.function, ALIAS, _newest(r)),
        _ALIAS,
    ),
    Act("alias-deleted", lambda r: r.sandbox.acts.delete_alias(r.function, ALIAS), _ALIAS),
    Act(
        "alias-weighted",
        lambda r: r.sandbox.acts.set_weights(r.function, ALIAS, {_other(r): 0.1}),
        rf"{_ALIAS}|shift|weight",
    ),
    Act("published-by-others", _publish_evil, rf"{_CODE}|version"),
    Act(
        "published-for-us",
        lambda r: r.sandbox.acts.publish(r.function),
        rf"{_CODE}|version",
    ),
    Act("function-deleted", lambda r: r.sandbox.acts.delete_function(r.function), _FUNCTION),
    Act("function-recreated", lambda r: r.sandbox.acts.recreate_function(r.function), _FUNCTION),
    Act(
        "signing-warns",
        lambda r: r.sandbox.acts.set_code_signing_policy(r.function, "Warn"),
        _SIGNING,
    ),
    Act("signing-removed", lambda r: r.sandbox.acts.remove_code_signing(r.function), _SIGNING),
    Act("profile-canceled", lambda r: r.sandbox.acts.cancel_profile(r.profile), _SIGNING),
    Act(
        "profile-revoked",
        lambda r: r.sandbox.acts.revoke_profile(r.profile),
        rf"{_SIGNING}|revoked|signature",
    ),
    Act("job-revoked", _revoke_newest_job, r"revoked|signature|signing job"),
    Act(
        "version-deleted",
        lambda r: r.sandbox.acts.delete_version(r.function, _unused(r)),
        r"version|404|not found",
    ),
)


def _other(r: Rigged) -> str:
    alias = r.state.aliases.get(ALIAS)
    others = [v for v in r.state.versions if alias is not None and v != alias.version]
    if not others or alias is None or alias.version == "$LATEST":
        raise NotNowError
    return others[0]


def _unused(r: Rigged) -> str:
    """The newest version, unless an alias names it: Lambda deletes none that an alias names.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
    """
    newest = _newest(r)
    if any(newest in (a.version, *a.weights) for a in r.state.aliases.values()):
        raise NotNowError
    return newest


# -- what must hold


def broken(case: Case, hook: Acting) -> list[str]:
    """What does not hold of a run that was tampered with; empty when all does.

    Args:
        case: Its first run is the one that `hook` acted in; others were left alone.
        hook: With the world as it was just after the act.
    """
    ran, goal = case.runs[0], case.goal
    found = [f"{name}: {what}" for name in ALWAYS for what in OF_A_RUN[name](case, ran)]
    if hook.seen is not None and hook.happened:
        found += _routed_as_somebody_wanted(ran, goal, hook.seen)
        found += _released_what_was_verified(ran, goal, hook)
        found += _told_truly(case, ran, hook)
    return [f"{case.scenario.name}/{hook.act.name}@{hook.index}: {line}" for line in found]


def _route(picture: Picture, goal: Goal) -> tuple[str, tuple[tuple[str, float], ...]] | None:
    alias = picture.aliases.get(goal.alias)
    return (alias.version, alias.weights) if alias else None


def _held(picture: Picture, goal: Goal) -> VersionPicture | None:
    alias = picture.aliases.get(goal.alias)
    return picture.versions.get(alias.version) if alias else None


def _our_move(ran: Ran) -> Exchange | None:
    """The write of ours that moved the alias: not a hash alias's creation."""
    moves = [
        e
        for e in ran.sent
        if e.effect
        and e.operation in {"UpdateAlias", "CreateAlias"}
        and not str(e.params.get("Name", "")).startswith("HASH-")
    ]
    return moves[-1] if moves else None


def _routed_as_somebody_wanted(ran: Ran, goal: Goal, seen: Picture) -> Iterator[str]:
    """I1, I2: the alias is where it was, where others put it, or at what was to be released."""
    last = _route(ran.after, goal)
    if last not in {_route(ran.before, goal), _route(seen, goal)} and not at_goal(ran.after, goal):
        yield f"I2: the alias went to {last}"
    move = _our_move(ran)
    if move is None and last != _route(seen, goal) and last != _route(ran.before, goal):
        yield f"I2: the alias is at {last} and nobody moved it"


def _released_what_was_verified(ran: Ran, goal: Goal, hook: Acting) -> Iterator[str]:
    """I1, I8: a version that we moved the alias to holds the goal's files, as it was looked at."""
    move = _our_move(ran)
    assert hook.seen is not None
    if move is None:
        return
    number = str(move.params["FunctionVersion"])
    worlds = (ran.after, hook.seen, hook.until or ran.before)
    version = next((w.versions[number] for w in worlds if number in w.versions), None)
    if version is None:
        yield f"I1: the alias was moved to {number}, which nobody can find"
        return
    if version.sha256 != version.recorded:
        yield f"I1: version {number} holds other bytes than its CodeSha256"
    known = ran.before.versions.get(number) if number in hook.seen.versions else None
    wanted = version.files == goal.files if not goal.version else number == goal.version
    if not wanted or (known is not None and known.files != version.files):
        yield f"I1: the alias was moved to version {number}, which is not what was asked for"
    looked_at = {p.latest.configuration for p in (ran.before, hook.seen) if p.latest is not None}
    first_look = next(e.index for e in ran.sent if e.operation == "GetFunctionConfiguration")
    if hook.index > first_look and ran.before.latest is not None:
        looked_at = {ran.before.latest.configuration}
    if known is None and version.configuration not in looked_at:
        yield f"I8: version {number} has a configuration that was not there at the start"


def _told_truly(case: Case, ran: Ran, hook: Acting) -> Iterator[str]:
    """I3: what is told is so; a refusal names what was changed."""
    goal, move = case.goal, _our_move(ran)
    if ran.exit_code is None:
        yield "I3: it did not come to an end"
        return
    if ran.exit_code == 0:
        looks = [e for e in ran.sent if e.operation == "GetAlias" and e.status == 200]
        of_it = [e.index for e in looks if e.params.get("Name") == goal.alias]
        read_back = max(of_it, default=-1)
        later = hook.index > read_back
        if case.scenario.kind != "read" and not later and not at_goal(ran.after, goal):
            yield f"I3: exit 0 with the alias at {_route(ran.after, goal)}"
        return
    moved_by_us = move is not None and at_goal(ran.after, goal)
    if moved_by_us and ran.outcome not in {"moved-unconfirmed", "superseded"}:
        yield f"I3: {ran.outcome} with {ran.exit_code} although the alias moved"
    if case.scenario.exit_code == 0:
        told = " ".join(p["what"] for p in ran.report.get("problems", ()))
        if not re.search(hook.act.names, told):
            yield f"the refusal does not name what was changed: {told}"
