"""What must hold after every run, whatever happened in it: I1-I15, judged by the world alone.

One pure function over a case: the worlds before and after each run, how the run ended, and the log
of its calls. It shares no code with the product and takes no word of the report for true; the
report is only held against the world. I5 (two runs at once) is judged where runs race.

Source: the numbering is SECURITY.md's and the threat model's.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from signed_lambda.errors import Cancelled
from tests.rig.scenarios import CANARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rig.bench import Case, Goal, Ran
    from tests.rig.picture import AliasPicture, Picture
    from tests.rig.scenarios import Scenario
    from tests.rig.wire import Exchange

CANCELLED_S: Final = 5.0
SLOWEST_CALL_S: Final = 75.0
"""How long one call may outlast a deadline: connect, read timeout, a pause."""
ERROR_ID: Final = re.compile(r"E-[A-Z]+-\d\d")
LOOKS: Final = (
    ("sts", "GetCallerIdentity"),
    ("lambda", "GetFunctionConfiguration"),
    ("lambda", "GetAlias"),
    ("lambda", "GetFunctionCodeSigningConfig"),
)
"""What must have been seen before the first write; a deploy looks further."""
DEPLOY_LOOKS: Final = (("signer", "GetSigningProfile"), ("s3", "GetBucketVersioning"))


def violations(case: Case) -> list[str]:
    """All that does not hold in the case, one line each; empty when all does."""
    found = [
        f"{name} run {number}: {what}"
        for number, ran in enumerate(case.runs, 1)
        for name, judge in OF_A_RUN.items()
        for what in judge(case, ran)
    ]
    found += [f"{name}: {what}" for name, judge in OF_A_CASE.items() for what in judge(case)]
    return [f"{case.name}: {line}" for line in found]


# -- the world


def at_goal(picture: Picture, goal: Goal) -> bool:
    """Whether the alias routes every call to what the run was to put there."""
    alias = picture.aliases.get(goal.alias)
    return alias is not None and not alias.weights and _is_wanted(picture, goal, alias.version)


def _is_wanted(picture: Picture, goal: Goal, number: str) -> bool:
    version = picture.versions.get(number)
    if version is None:
        return False
    if goal.version:
        return number == goal.version
    return version.files == goal.files and version.signed and version.job is not None


def _route(picture: Picture, goal: Goal) -> tuple[str, tuple[tuple[str, float], ...]] | None:
    alias = picture.aliases.get(goal.alias)
    return (alias.version, alias.weights) if alias else None


def _moved(ran: Ran, goal: Goal) -> bool:
    return _route(ran.before, goal) != _route(ran.after, goal)


def _routed(alias: AliasPicture | None) -> set[str]:
    return {alias.version, *dict(alias.weights)} if alias else set()


# -- of each run


def _i1_what_is_live_is_verified(case: Case, ran: Ran) -> Iterator[str]:
    goal, after = case.goal, ran.after
    before = _routed(ran.before.aliases.get(goal.alias))
    for number in _routed(after.aliases.get(goal.alias)):
        version = after.versions.get(number)
        if version is None:
            yield f"the alias routes to {number}, which does not exist"
        elif version.sha256 != version.recorded:
            yield f"version {number} holds other bytes than its CodeSha256"
        elif number not in before and not _is_wanted(after, goal, number):
            yield f"the alias routes to version {number}, which nobody asked for"


def _i2_the_alias_is_old_or_new(case: Case, ran: Ran) -> Iterator[str]:
    if _moved(ran, case.goal) and not at_goal(ran.after, case.goal):
        yield f"the alias went to {_route(ran.after, case.goal)}"


def _i2_nothing_else_moves(case: Case, ran: Ran) -> Iterator[str]:
    """Other aliases, versions, objects, jobs and the code-signing configuration stand.

    But old versions that the run was told to remove, and their hash aliases.
    """
    before, after = ran.before, ran.after
    old = _removable(case, ran)
    for name, alias in before.aliases.items():
        gone = name not in after.aliases and name.startswith("HASH-") and alias.version in old
        if name != case.goal.alias and after.aliases.get(name) != alias and not gone:
            yield f"alias {name} was changed"
    for number, version in before.versions.items():
        gone = number not in after.versions and number in old
        if after.versions.get(number) != version and not gone:
            yield f"version {number} was changed"
    for place, versions in before.objects.items():
        if after.objects.get(place, ())[: len(versions)] != versions:
            yield f"object {place} was changed"
    for job_id, job in before.jobs.items():
        if job.status != "InProgress" and after.jobs.get(job_id) != job:
            yield f"signing job {job_id} was changed"
    if after.signing != before.signing:
        yield "the code-signing configuration was changed"


def _removable(case: Case, ran: Ran) -> set[str]:
    """Versions that a run with `keep_versions` may delete, once its alias has moved.

    Of this action, before the newest so many of those that are there in the end, and neither where
    an alias but a hash alias leads nor where the alias came from.
    """
    keep = case.scenario.inputs.get("keep_versions")
    if keep is None or not at_goal(ran.after, case.goal) or not _moved(ran, case.goal):
        return set()
    known = ran.before.versions | ran.after.versions
    ours = [n for n, v in known.items() if v.description.startswith("signed-lambda/1 build=")]
    newest = sorted(ours, key=int)[-int(keep) :]
    named = {
        number
        for picture in (ran.before, ran.after)
        for name, alias in picture.aliases.items()
        if not name.startswith("HASH-")
        for number in _routed(alias)
    }
    return set(ours) - set(newest) - named


def _i2_what_is_new_is_ours(case: Case, ran: Ran) -> Iterator[str]:
    """New versions hold what was to be deployed; new aliases are hash aliases of them."""
    before, after, goal = ran.before, ran.after, case.goal
    for number in after.versions.keys() - before.versions.keys():
        if case.scenario.kind != "deploy" or after.versions[number].files != goal.files:
            yield f"version {number} was published of something else"
    for name in after.aliases.keys() - before.aliases.keys() - {goal.alias}:
        new = after.aliases[name]
        if not re.fullmatch(r"HASH-[0-9a-f]{64}", name) or new.weights:
            yield f"alias {name} was made"
        elif not _is_wanted(after, goal, new.version):
            yield f"alias {name} names version {new.version}, which nobody asked for"


def _i3_the_end_is_told_as_it_is(case: Case, ran: Ran) -> Iterator[str]:
    if ran.killed or ran.exit_code is None:
        return
    scenario, goal = case.scenario, case.goal
    moved, unconfirmed = _moved(ran, goal), ran.outcome == "moved-unconfirmed"
    if ran.exit_code != 0:
        if moved and not unconfirmed:
            yield f"{ran.outcome or 'an exit'} with {ran.exit_code} although the alias moved"
        if unconfirmed and _read_back(ran):
            yield "moved-unconfirmed although it was read back"
        return
    if scenario.kind != "read" and not at_goal(ran.after, goal):
        yield f"exit 0 with the alias at {_route(ran.after, goal)}"
    if moved and not _read_back(ran):
        yield "exit 0 without reading the alias back"
    if (ran.outputs.get("changed") == "true") != moved:
        yield f"changed={ran.outputs.get('changed')} and the alias moved: {moved}"
    if ran.outcome not in {"unchanged", scenario.outcome}:
        yield f"outcome {ran.outcome}"


def _read_back(ran: Ran) -> bool:
    """Whether an answer about the alias came back after the last write that may have moved it."""
    last = max((e.index for e in ran.sent if _writes_alias(e)), default=-1)
    return any(
        e.operation == "GetAlias" and e.delivered and e.status == 200
        for e in ran.sent
        if e.index > last
    )


def _writes_alias(exchange: Exchange) -> bool:
    return exchange.operation in {"UpdateAlias", "CreateAlias"}


def _i6_a_move_is_one_write(case: Case, ran: Ran) -> Iterator[str]:
    writes = [e for e in _of_aws(ran) if e.write]
    if case.scenario.kind == "read" and writes:
        yield f"writes: {', '.join(e.name for e in writes)}"
    if case.scenario.kind == "move":
        if any(not _writes_alias(e) for e in writes):
            yield f"writes: {', '.join(e.name for e in writes)}"
        if sum(e.effect for e in writes) > 1:
            yield "more than one write took place"


def _i7_all_is_looked_at_before_a_write(case: Case, ran: Ran) -> Iterator[str]:
    first = next((e for e in _of_aws(ran) if e.write), None)
    if first is None:
        return
    seen = {(e.service, e.operation) for e in ran.sent if e.index < first.index and e.delivered}
    looks = LOOKS + (DEPLOY_LOOKS if case.scenario.kind == "deploy" else ())
    if missing := [f"{s}:{o}" for s, o in looks if (s, o) not in seen]:
        yield f"{first.name} before {', '.join(missing)}"
    if case.scenario.gated and not any(s == "github" for s, _ in seen):
        yield f"{first.name} before GitHub was asked what was reviewed"


def _i8_the_configuration_is_the_one_of_the_start(case: Case, ran: Ran) -> Iterator[str]:
    before, after = ran.before.latest, ran.after.latest
    if before is None or after is None or before.configuration != after.configuration:
        yield "the configuration of $LATEST was changed"
        return
    for number in ran.after.versions.keys() - ran.before.versions.keys():
        if ran.after.versions[number].configuration != before.configuration:
            yield f"version {number} has another configuration than $LATEST had"


def _i10_no_secret_is_shown(_case: Case, ran: Ran) -> Iterator[str]:
    for secret, forms in _FORMS.items():
        for name, text in ran.texts.items():
            if any(form in text for form in forms):
                yield f"{name} shows {secret}"
    if any("X-Amz-Signature=" in text for text in ran.texts.values()):
        yield "a presigned URL is shown"


def _i11_nothing_begins_after_a_stop_signal(_case: Case, ran: Ran) -> Iterator[str]:
    if ran.stopped_at is None:
        return
    if late := [e.name for e in ran.sent if e.stopped and e.write]:
        yield f"writes after the signal: {', '.join(late)}"
    if ran.ended_at - ran.stopped_at > CANCELLED_S:
        yield f"ended {ran.ended_at - ran.stopped_at:.1f} s after the signal"
    if ran.exit_code not in {0, None} and ran.outcome in {"failed", "moved-unconfirmed"}:
        told = _tail(ran)
        # One that had ended by its own error, and was being told, tells that one's remedy.
        by_itself = ran.exit_code != Cancelled.exit_code and ran.sent[-1].service == "github"
        by_itself = by_itself and "What to do: " in ran.log
        if "Run it again" not in told and "running it again" not in told and not by_itself:
            yield "the end of the log does not say how to go on"


def _i13_an_error_is_told(case: Case, ran: Ran) -> Iterator[str]:
    if ran.raised or "Traceback" in ran.log:
        yield f"traceback: {(ran.raised or ran.log)[-300:]}"
    if ran.killed or ran.exit_code in {0, None}:
        return
    problems = ran.report.get("problems", ())
    if not problems or not all(
        ERROR_ID.fullmatch(p["id"]) and p["what"] and p["do"] and p["id"] in ran.log
        for p in problems
    ):
        yield f"exit {ran.exit_code} without an error that says what to do: {problems}"
    if not ran.report.get("left"):
        yield "what was left unchanged is not told"
    if "E-INTERNAL" in ran.log:
        yield f"a mistake of ours: {[p['what'] for p in problems]}"
    del case


def _i14_the_hashes_told_are_the_worlds(case: Case, ran: Ran) -> Iterator[str]:
    if ran.exit_code != 0 or case.scenario.command == "plan":
        return
    alias = ran.after.aliases.get(case.goal.alias)
    version = ran.after.versions.get(alias.version) if alias else None
    if version is None or alias is None:
        yield "exit 0 without a live version"
        return
    told = ran.outputs
    if told.get("code-sha256") != version.sha256:
        yield f"code-sha256 is {told.get('code-sha256')}, what is live is {version.sha256}"
    if told.get("version") != version.number:
        yield f"version is {told.get('version')}, live is {version.number}"
    if case.scenario.kind != "deploy":
        return
    build = told.get("build-sha256", "")
    stored = {sha for versions in ran.after.objects.values() for _, sha in versions}
    if build not in stored or f"build={build} " not in version.description:
        yield f"build-sha256 {build} is not the build that was signed"


def _i15_waiting_ends(_case: Case, ran: Ran) -> Iterator[str]:
    took = ran.ended_at - ran.began_at
    if took > ran.timeout_s + SLOWEST_CALL_S:
        yield f"took {took:.0f} s of {ran.timeout_s:.0f} s"


OF_A_RUN: Final[dict[str, Callable[[Case, Ran], Iterator[str]]]] = {
    "I1": _i1_what_is_live_is_verified,
    "I2": _i2_the_alias_is_old_or_new,
    "I2a": _i2_nothing_else_moves,
    "I2b": _i2_what_is_new_is_ours,
    "I3": _i3_the_end_is_told_as_it_is,
    "I6": _i6_a_move_is_one_write,
    "I7": _i7_all_is_looked_at_before_a_write,
    "I8": _i8_the_configuration_is_the_one_of_the_start,
    "I10": _i10_no_secret_is_shown,
    "I11": _i11_nothing_begins_after_a_stop_signal,
    "I13": _i13_an_error_is_told,
    "I14": _i14_the_hashes_told_are_the_worlds,
    "I15": _i15_waiting_ends,
}


# -- of the three runs together


def _i4_a_rerun_finishes_and_does_nothing_twice(case: Case) -> Iterator[str]:
    first, again, third = case.runs
    yield from _ends_as_expected(case.scenario, again, 2)
    yield from _ends_as_expected(case.scenario, third, 3)
    if case.scenario.exit_code == 0 and not at_goal(again.after, case.goal):
        yield f"after the re-run the alias is at {_route(again.after, case.goal)}"
    new = {n: v for n, v in third.after.versions.items() if n not in first.before.versions}
    if len(new) > 1:
        yield f"versions {sorted(new)} were published, one was enough"
    if len(third.after.jobs) - len(first.before.jobs) > 1:
        yield "more than one signing job"
    for place, versions in third.after.objects.items():
        if len(versions) > max(1, len(first.before.objects.get(place, ()))):
            yield f"{place} was stored {len(versions)} times"
    if third.before.aws() != third.after.aws():
        yield "the third run changed something"
    if case.scenario.exit_code == 0 and (late := [e.name for e in _of_aws(third) if e.write]):
        yield f"the third run sent {', '.join(late)}"
    if case.scenario.speaks and len(third.after.comments) != 1:
        yield f"{len(third.after.comments)} comments stand"


def _ends_as_expected(scenario: Scenario, ran: Ran, number: int) -> Iterator[str]:
    expected = (scenario.error,) if scenario.error else ()
    if ran.exit_code != scenario.exit_code or ran.error_ids != expected:
        yield f"run {number} ended with {ran.exit_code} {ran.error_ids} {_problem(ran)}"


def _i9_what_passes_fails_no_run(case: Case) -> Iterator[str]:
    first = case.runs[0]
    if case.trouble is not None and case.trouble.transient:
        yield from _ends_as_expected(case.scenario, first, 1)


def _i12_github_decides_nothing(case: Case) -> Iterator[str]:
    first = case.runs[0]
    if case.trouble is None or case.trouble.ends or case.scenario.gated or first.killed:
        return
    befallen = [e for e in first.sent if e.fault]
    if befallen and all(e.service == "github" for e in befallen):
        yield from _ends_as_expected(case.scenario, first, 1)


OF_A_CASE: Final[dict[str, Callable[[Case], Iterator[str]]]] = {
    "I4": _i4_a_rerun_finishes_and_does_nothing_twice,
    "I9": _i9_what_passes_fails_no_run,
    "I12": _i12_github_decides_nothing,
}


def _of_aws(ran: Ran) -> Iterator[Exchange]:
    return (e for e in ran.sent if e.service != "github")


def _problem(ran: Ran) -> str:
    problems = ran.report.get("problems") or [{"what": ""}]
    return str(problems[0]["what"])


def _tail(ran: Ran) -> str:
    """The report at the end of the log."""
    return ran.log.rpartition("::stop-commands::")[2]


def _forms(secret: str) -> tuple[str, ...]:
    """Raw, base64 (at each of the three alignments), URL-encoded, hex."""
    raw = secret.encode()
    coded = [base64.b64encode(b"\0" * shift + raw).decode() for shift in range(3)]
    inner = [text[4 if shift else 0 : -4] for shift, text in enumerate(coded)]
    return tuple({secret, quote(secret, safe=""), raw.hex(), raw.hex().upper(), *inner})


_FORMS: Final = {secret: _forms(secret) for secret in CANARIES}
