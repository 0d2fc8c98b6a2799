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
from signed_lambda.setup.items import Item

if TYPE_CHECKING:
    from signed_lambda.setup.account import Account
    from signed_lambda.setup.wanted import Wanted

NAMES: Final = ("deploy.yml", "plan.yml", "plan-fork.yml", "rollback.yml", "verify.yml")
FOLDER: Final = Path(".github") / "workflows"
_NAMING: Final = (
    *("role-to-assume", "aws-region", "environment"),
    *("function-name", "alias", "bucket", "signing-profile"),
)
_EXAMPLES: Final = files("signed_lambda.setup") / "examples"


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
            make=partial(_write, place, text),
        )
    lines = {_uncommented(line) for line in found.decode("utf-8", "replace").splitlines()}
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
    edited = "" if found == text.encode() else ", edited; its names are right"
    return Item(part=part, state="ok", what=f"{FOLDER / name}{edited}")


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
        r"\bowner/signed-lambda-deploy@v1 # pin it by its SHA": wanted.action,
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
