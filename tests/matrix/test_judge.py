"""The judge of the matrix is judged: each invariant, broken on purpose, is told by its name."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.rig.faults import TROUBLES
from tests.rig.invariants import OF_A_CASE, OF_A_RUN, violations
from tests.rig.picture import AliasPicture, JobPicture, Picture
from tests.rig.scenarios import CANARIES
from tests.rig.wire import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rig.bench import Case, Ran, Rig

    Breaking = Callable[[Case], Case]

HTML, SIGNAL = TROUBLES[9], TROUBLES[-1]
EVIL = (("app.py", "0" * 64),)


@pytest.fixture(scope="module")
def cases(rig: Callable[[str], Rig]) -> dict[str, Case]:
    """Good cases, by their scenarios."""
    return {n: rig(n).befall(HTML, 3) for n in ("update", "rollback", "plan", "comment", "remove")}


def first(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case with another first run."""
    return replace(case, runs=(replace(case.runs[0], **changes), *case.runs[1:]))


def world(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case whose first run left another world."""
    return first(case, after=replace(case.runs[0].after, **changes))


def alias(case: Case, version: str, weights: tuple[tuple[str, float], ...] = ()) -> Case:
    """The case whose first run left the alias elsewhere."""
    aliases = dict(case.runs[0].after.aliases)
    return world(case, aliases=aliases | {"live": AliasPicture(version, weights, "", "r")})


def version(case: Case, number: str, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case whose first run left another version."""
    versions = dict(case.runs[0].after.versions)
    return world(case, versions=versions | {number: replace(versions[number], **changes)})


def without_version(case: Case, number: str) -> Case:
    """The case whose first run removed a version."""
    versions = {n: v for n, v in case.runs[0].after.versions.items() if n != number}
    return world(case, versions=versions)


def unmoved(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case whose first run moved nothing."""
    return first(case, after=case.runs[0].before, **changes)


def sending(case: Case, *names: str, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case whose first run sent further calls at its end."""
    sent = case.runs[0].sent
    more = [
        Exchange(len(sent) + n, "lambda", name, write=True, began_at=0.0, effect=True, **changes)
        for n, name in enumerate(names)
    ]
    return first(case, sent=(*sent, *more))


def without(case: Case, operation: str) -> Case:
    """The case whose first run never sent the operation."""
    return first(case, sent=tuple(e for e in case.runs[0].sent if e.operation != operation))


def third(case: Case, change: Callable[[Ran], Ran]) -> Case:
    """The case with another third run."""
    return replace(case, runs=(*case.runs[:2], change(case.runs[2])))


def with_job(picture: Picture, *names: str) -> Picture:
    """The world with further signing jobs."""
    made = {n: JobPicture(None, "Succeeded", revoked=False) for n in names}
    return replace(picture, jobs={**picture.jobs, **made})


def told(case: Case, text: str) -> Case:
    """The case whose first run printed a text."""
    return first(case, texts={**case.runs[0].texts, "log": text})


def stopped(case: Case, **changes: Any) -> Case:  # noqa: ANN401 - of any member
    """The case whose first run was told to stop at its end."""
    return first(case, stopped_at=case.runs[0].ended_at, **changes)


SECRET = CANARIES[1]
BROKEN: dict[str, tuple[str, str, Breaking]] = {
    "live is a version that does not exist": ("I1", "update", lambda c: alias(c, "9")),
    "live holds other bytes than its hash": (
        "I1",
        "update",
        lambda c: version(c, "2", sha256="other"),
    ),
    "live holds files that nobody deployed": (
        "I1",
        "update",
        lambda c: version(c, "2", files=EVIL),
    ),
    "live is not signed": ("I1", "update", lambda c: version(c, "2", signed=False)),
    "live was never admitted by Lambda": ("I1", "update", lambda c: version(c, "2", job=None)),
    "a weight routes elsewhere": ("I1", "update", lambda c: alias(c, "2", (("9", 0.1),))),
    "the alias is half moved": ("I2", "update", lambda c: alias(c, "1", (("2", 0.5),))),
    "a rollback goes to another version": ("I2", "rollback", lambda c: alias(c, "9")),
    "an old version is changed": ("I2a", "update", lambda c: version(c, "1", description="new")),
    "a version is removed that nobody said": ("I2a", "update", lambda c: without_version(c, "1")),
    "the version before is removed": ("I2a", "remove", lambda c: without_version(c, "4")),
    "an aliased version is removed": ("I2a", "remove", lambda c: without_version(c, "1")),
    "a hash alias is removed whose version stays": (
        "I2a",
        "remove",
        lambda c: world(
            c, aliases={n: a for n, a in c.runs[0].after.aliases.items() if a.version != "4"}
        ),
    ),
    "old versions are removed before the alias moved": (
        "I2a",
        "remove",
        lambda c: world(c, aliases=c.runs[0].before.aliases),
    ),
    "another alias is moved": (
        "I2a",
        "update",
        lambda c: world(
            c,
            aliases={
                n: replace(a, version="2") if n.startswith("HASH") else a
                for n, a in c.runs[0].after.aliases.items()
            },
        ),
    ),
    "an object is written over": (
        "I2a",
        "update",
        lambda c: world(c, objects=dict.fromkeys(c.runs[0].after.objects, (("v", "0"),))),
    ),
    "code signing is weakened": ("I2a", "update", lambda c: world(c, signing=("Warn", ()))),
    "a signing job is revoked": (
        "I2a",
        "update",
        lambda c: world(
            c, jobs={i: replace(j, revoked=True) for i, j in c.runs[0].after.jobs.items()}
        ),
    ),
    "a version of other files is published": (
        "I2b",
        "update",
        lambda c: version(c, "2", files=EVIL),
    ),
    "an alias is made that nobody asked for": (
        "I2b",
        "update",
        lambda c: world(
            c,
            aliases={
                **c.runs[0].after.aliases,
                "mine": AliasPicture("2", (), "", "r"),
            },
        ),
    ),
    "exit 0 and the alias is at the old version": ("I3", "update", unmoved),
    "failed, and the alias moved": (
        "I3",
        "update",
        lambda c: first(c, exit_code=29, outputs={**c.runs[0].outputs, "outcome": "failed"}),
    ),
    "unconfirmed, and it was read back": (
        "I3",
        "update",
        lambda c: first(
            c, exit_code=32, outputs={**c.runs[0].outputs, "outcome": "moved-unconfirmed"}
        ),
    ),
    "exit 0 without a look at the alias": ("I3", "update", lambda c: sending(c, "UpdateAlias")),
    "a move that says nothing changed": (
        "I3",
        "update",
        lambda c: first(c, outputs={**c.runs[0].outputs, "changed": "false"}),
    ),
    "another command's outcome": (
        "I3",
        "update",
        lambda c: first(c, outputs={**c.runs[0].outputs, "outcome": "verified"}),
    ),
    "the re-run fails": (
        "I4",
        "update",
        lambda c: replace(c, runs=(c.runs[0], replace(c.runs[1], exit_code=29), c.runs[2])),
    ),
    "the third run writes": (
        "I4",
        "update",
        lambda c: third(
            c,
            lambda r: replace(
                r, sent=(Exchange(0, "lambda", "PublishVersion", write=True, began_at=0.0),)
            ),
        ),
    ),
    "the third run changes the world": (
        "I4",
        "update",
        lambda c: third(c, lambda r: replace(r, after=with_job(r.after, "x"))),
    ),
    "two versions for one deploy": (
        "I4",
        "update",
        lambda c: third(
            c,
            lambda r: replace(
                r,
                after=replace(r.after, versions={**r.after.versions, "3": r.after.versions["2"]}),
            ),
        ),
    ),
    "two signing jobs for one build": (
        "I4",
        "update",
        lambda c: third(c, lambda r: replace(r, after=with_job(r.after, "x", "y"))),
    ),
    "a build that is stored twice": (
        "I4",
        "update",
        lambda c: third(
            c,
            lambda r: replace(
                r,
                after=replace(
                    r.after, objects={p: (*v, ("v", "0")) for p, v in r.after.objects.items()}
                ),
            ),
        ),
    ),
    "a second comment": (
        "I4",
        "comment",
        lambda c: third(c, lambda r: replace(r, after=replace(r.after, comments=("a", "b")))),
    ),
    "a plan that writes": ("I6", "plan", lambda c: sending(c, "PublishVersion")),
    "a rollback that publishes": ("I6", "rollback", lambda c: sending(c, "PublishVersion")),
    "a rollback of two moves": ("I6", "rollback", lambda c: sending(c, "UpdateAlias")),
    "an upload before the bucket is known": (
        "I7",
        "update",
        lambda c: without(c, "GetBucketVersioning"),
    ),
    "a move before code signing is known": (
        "I7",
        "rollback",
        lambda c: without(c, "GetFunctionCodeSigningConfig"),
    ),
    "a write before GitHub said what was reviewed": (
        "I7",
        "comment",
        lambda c: first(c, sent=tuple(e for e in c.runs[0].sent if e.service != "github")),
    ),
    "a version of another configuration": (
        "I8",
        "update",
        lambda c: version(c, "2", configuration='{"Timeout": 900}'),
    ),
    "$LATEST of another configuration": (
        "I8",
        "rollback",
        lambda c: world(c, latest=replace(c.runs[0].after.latest, configuration="{}")),  # type: ignore[type-var]
    ),
    "a fault that passes fails the run": (
        "I9",
        "update",
        lambda c: unmoved(c, exit_code=29, outputs={"outcome": "failed"}),
    ),
    "a secret in the log": ("I10", "update", lambda c: told(c, f"API_KEY={SECRET}")),
    "a secret in base64": (
        "I10",
        "update",
        lambda c: told(c, base64.b64encode(f"key={SECRET};".encode()).decode()),
    ),
    "a secret in hex": ("I10", "update", lambda c: told(c, SECRET.encode().hex())),
    "a presigned URL": ("I10", "update", lambda c: told(c, "?X-Amz-Signature=0123")),
    "a write after the signal": (
        "I11",
        "update",
        lambda c: stopped(sending(c, "PublishVersion", stopped=True)),
    ),
    "a run that goes on after the signal": (
        "I11",
        "update",
        lambda c: first(c, stopped_at=c.runs[0].ended_at - 6),
    ),
    "a cancelled run that does not say how to go on": (
        "I11",
        "update",
        lambda c: stopped(c, exit_code=31, log="", outputs={"outcome": "failed"}),
    ),
    "GitHub decides over a plan": (
        "I12",
        "plan",
        lambda c: first(
            c,
            exit_code=29,
            sent=tuple(
                replace(e, fault="denied" if e.service == "github" else "") for e in c.runs[0].sent
            ),
        ),
    ),
    "a traceback": ("I13", "update", lambda c: first(c, exit_code=None, raised="Traceback ...")),
    "an error without an id": (
        "I13",
        "update",
        lambda c: unmoved(c, exit_code=29, report={"problems": [], "left": "x"}),
    ),
    "an error that does not say what stands": (
        "I13",
        "update",
        lambda c: unmoved(
            c,
            exit_code=29,
            log="E-AWS-01",
            report={"problems": [{"id": "E-AWS-01", "what": "a", "do": "b"}], "left": ""},
        ),
    ),
    "a mistake of ours": (
        "I13",
        "update",
        lambda c: unmoved(
            c,
            exit_code=70,
            log="E-INTERNAL-01",
            report={"problems": [{"id": "E-INTERNAL-01", "what": "a", "do": "b"}], "left": "c"},
        ),
    ),
    "another hash than the live one's": (
        "I14",
        "update",
        lambda c: first(c, outputs={**c.runs[0].outputs, "code-sha256": "other"}),
    ),
    "another version than the live one": (
        "I14",
        "rollback",
        lambda c: first(c, outputs={**c.runs[0].outputs, "version": "9"}),
    ),
    "another build than the signed one": (
        "I14",
        "update",
        lambda c: first(c, outputs={**c.runs[0].outputs, "build-sha256": "0" * 64}),
    ),
    "a run without an end": (
        "I15",
        "update",
        lambda c: first(c, ended_at=c.runs[0].began_at + 10_000),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_judge_sees(cases: dict[str, Case], what: str) -> None:
    invariant, scenario, breaking = BROKEN[what]

    found = violations(breaking(cases[scenario]))

    assert any(f": {invariant}" in line for line in found), found


def test_the_judge_finds_nothing_where_nothing_is_wrong(cases: dict[str, Case]) -> None:
    assert [line for case in cases.values() for line in violations(case)] == []


def test_every_invariant_is_broken_at_least_once() -> None:
    assert {name for name, _, _ in BROKEN.values()} == set(OF_A_RUN) | set(OF_A_CASE)


def test_a_run_that_was_killed_owes_no_report(rig: Callable[[str], Rig]) -> None:
    killed = next(t for t in TROUBLES if t.name == "killed:after")

    case = rig("update").befall(killed, len(rig("update").quiet.sent) - 2)

    assert case.runs[0].killed
    assert (case.runs[0].exit_code, case.runs[0].outputs) == (None, {})
    assert violations(case) == []
