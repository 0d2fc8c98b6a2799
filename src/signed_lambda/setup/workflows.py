"""The workflow files: those of examples/ with the names in them, written where there is none.

A file that is there and says something else is never overwritten. A file appears whole or not at
all: it is written beside its place and linked into it, which fails where something is already.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SetupError
from signed_lambda.lazy import dataclass, regex
from signed_lambda.setup.items import Item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

NAMES: Final = ("deploy.yml", "plan.yml", "plan-fork.yml", "rollback.yml", "verify.yml")
FOLDER: Final = Path(".github") / "workflows"
_NAMING: Final = (
    *("role-to-assume", "aws-region", "environment"),
    *("function-name", "alias", "bucket", "signing-profile"),
)
_PLACEHOLDER: Final = "owner/signed-lambda-deploy@v1 # pin it by its SHA"
_NOBODY, _OURS = "owner", "signed-lambda-deploy"
"""Of the placeholder. Apart: who publishes the action replaces them together, everywhere else."""
_USES: Final = regex(
    r"""(?:^|[\s{,])["']?uses["']?\s*:\s*["']?"""
    r"""(([\w.-]+)/([\w.-]+)(?:/[^\s"'@]+)?@([^\s"',}]+))"""
)
"""An action or a reusable workflow of a repository: all of it, owner, name, commit.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
(jobs.<job_id>.uses, jobs.<job_id>.steps[*].uses)
"""
_WRITES_IT: Final = "--action OWNER/signed-lambda-deploy@COMMIT"
_EXAMPLES: Final = files("signed_lambda.setup") / "examples"


@dataclass(frozen=True, slots=True)
class _Used:
    """A repository whose action, or reusable workflow, a workflow file uses.

    Attributes:
        text: As it is written: "acme/orders/.github/workflows/a.yml@v1".
        owner, name, commit: Of that.
    """

    text: str
    owner: str
    name: str
    commit: str

    def of_the_repository(self, other: _Used) -> bool:
        """Whether both are of one repository: GitHub's names do not differ by case alone."""
        ours, theirs = f"{self.owner}/{self.name}", f"{other.owner}/{other.name}"
        return ours.casefold() == theirs.casefold()


def look(_: Account, wanted: Wanted) -> tuple[Item, ...]:
    """Each workflow file of the checkout."""
    root = wanted.checkout
    if not (root / ".git").exists():
        return (
            Item(
                part="workflows",
                state="unseen",
                what=f"{root} is no checkout of a repository",
                do="Run it in the repository's folder, or name that with --checkout",
            ),
        )
    if not (root / FOLDER).resolve().is_relative_to(root.resolve()):
        return (
            Item(
                part="workflows",
                state="differs",
                what=f"{FOLDER} is a link out of the repository",
                do="Make it a folder",
            ),
        )
    return tuple(_look(wanted, name) for name in NAMES)


def _look(wanted: Wanted, name: str) -> Item:
    part, place = f"workflow {name}", wanted.checkout / FOLDER / name
    text = filled(name, wanted)
    try:
        found = place.read_bytes() if place.is_symlink() or place.exists() else None
    except OSError as error:
        return Item(
            part=part,
            state="unseen",
            what=f"{FOLDER / name} cannot be read ({error.strerror})",
            do="Make it a readable file",
        )
    if found is None:
        return Item(
            part=part,
            state="missing",
            what=f"no {FOLDER / name}",
            do="" if wanted.action else f"So that its `uses:` names our action, give {_WRITES_IT}",
            make=partial(_write, place, text),
        )
    lines = [_uncommented(line) for line in found.decode("utf-8", "replace").splitlines()]
    other = [line for line in _names_in(text) if line not in lines]
    if other:
        return Item(
            part=part,
            state="differs",
            what=f"{FOLDER / name} is another one, and is left as it is: it lacks {other[0]!r}",
            do="Compare, with the same options before --print:\n"
            f"signed_lambda setup --function {wanted.function} --print {name}"
            f" | diff {FOLDER / name} -",
        )
    if (wrong := _action_differs(lines, wanted)) is not None:
        what, do = wrong
        return Item(part=part, state="differs", what=f"{FOLDER / name} {what}", do=do)
    edited = "" if found == text.encode() else ", edited; its names are right"
    return Item(part=part, state="ok", what=f"{FOLDER / name}{edited}")


def _action_differs(lines: Iterable[str], wanted: Wanted) -> tuple[str, str] | None:
    """What is wrong with the action that a file uses, and what to do; None where nothing is.

    Without --action any commit of any fork may be right: only the placeholder is not.
    """
    used = [u for line in lines for u in _used_in(line)]
    for one in used:
        if (one.owner, one.name) == (_NOBODY, _OURS):
            what = f"names {one.text}, which is a placeholder"
            do = "Edit `uses:`: name the action's repository and a commit of it. Or remove the file"
            return what, f"{do} and run --apply with {_WRITES_IT}, which writes both"
    if wanted.action is None:
        return None
    (asked,) = _used_in(f"uses: {wanted.action}")
    ours = [one for one in used if one.name.casefold() == _OURS or one.of_the_repository(asked)]
    for one in ours:
        if not one.of_the_repository(asked) or one.commit != asked.commit:
            return (
                f"uses {one.text}, not {wanted.action}",
                "Edit `uses:`, or give --action as the file has it",
            )
    if not ours:
        return f"does not use {wanted.action}", "Edit `uses:`, or leave --action out"
    return None


def _used_in(line: str) -> list[_Used]:
    """The repositories' actions of a line without its comment."""
    return [_Used(*found.groups()) for found in _USES.finditer(line)]


def _names_in(text: str) -> list[str]:
    """The lines that say which role, function, bucket, profile and alias: the rest is the user's.

    Everybody edits the build step.
    """
    lines = [_uncommented(line) for line in text.splitlines()]
    return [line for line in lines if line.partition(":")[0] in _NAMING]


def _uncommented(line: str) -> str:
    return re.sub(r"(^| )#.*", "", line).strip()


def filled(name: str, wanted: Wanted) -> str:
    """An example with the names of what there shall be."""
    text = (_EXAMPLES / name).read_text(encoding="utf-8")
    duty_of = {"plan-fork.yml": "plan"}.get(name, name.removesuffix(".yml"))
    replaced = {
        r"arn:aws:iam::111122223333:role/[a-z]+-orders": f"arn:{wanted.partition}:iam::"
        f"{wanted.account}:role/{duty_of}-{wanted.roles}",
        r"\beu-west-1\b": wanted.region,
        r"\bacme-artifacts\b": wanted.bucket,
        r"\borders_prod\b": wanted.profile,
        r"(?<=group: (?:deploy|verify)-)orders\b|(?<=verify-)orders\b": wanted.function,
        r"(?<=function-name: )orders\b|(?<=default: )orders\b": wanted.function,
        r"\borders:live\b": f"{wanted.function}:{wanted.alias}",
        r"\borders fail\b": f"{wanted.function} fails",
        r"(?<=branches: \[)main(?=\])|(?<=push to )main\b": wanted.branch,
        r"(?<=default: )live\b": wanted.alias,
        rf"\b{re.escape(_PLACEHOLDER)}": wanted.action or _PLACEHOLDER,
        r"smoke-event: events/ping\.json": "# smoke-event: events/ping.json  # invoke it first",
    }
    # All at once: a name may look like one that is still to be replaced.
    news = list(replaced.values())
    any_of_them = "|".join(f"({pattern})" for pattern in replaced)
    text = re.sub(any_of_them, lambda found: news[(found.lastindex or 1) - 1], text)
    if wanted.alias != "live":
        text = re.sub(
            rf"^( +)function-name: {re.escape(wanted.function)}(?: +#.*)?$",
            rf"\g<0>\n\g<1>alias: {wanted.alias}",
            text,
            flags=re.MULTILINE,
        )
    return text


def _write(place: Path, text: str) -> None:
    """Writes the file where nothing is.

    Raises:
        SetupError: E-SETUP-05, also where something came meanwhile.
    """
    beside = place.with_name(f".{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            beside.unlink()  # of a setup that was interrupted
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(beside, flags, 0o644), "w", encoding="utf-8") as file:
            file.write(text)
        try:
            os.link(beside, place)
        finally:
            beside.unlink()
    except OSError as error:
        raise SetupError.of(
            "E-SETUP-05",
            f"{place} cannot be written ({error.strerror})",
            "Make room for it, or write it yourself: setup --print shows it",
        ) from error
