"""What of a source is left out of the package, and why.

Three reasons: the user's patterns; secrets, which reach a package by mistake; compiled Python,
which carries the source's time (so no two builds have one hash) and which no reviewer reads.

A name is judged from the top folder down, so what lies in a folder that is left out is never looked
at. Pure: imports errors, model and this package's patterns and names; never opens a file.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SourceError
from signed_lambda.lazy import regex
from signed_lambda.package.names import shown
from signed_lambda.package.patterns import Line, Patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from signed_lambda.model import LeftOutReason

CONTROL_FILE: Final = ".lambdaignore"
ALLOWANCES_FILE: Final = ".signed-lambda.yml"
"""Read at the root of the repository only; at the top of the source it is no code to be run, and
another reason in it is no other build.
"""
REPORT_FOLDER: Final = ".signed-lambda"
"""Where this action leaves its report: packed, it would change the next build's hash."""
CONTROL_FILE_BYTES_MAX: Final = 65_536
KEY_BYTES_MAX: Final = 4_194_304
"""Read of a certificate or key to see which it is; CA bundles have 0.3 MB."""
JSON_BYTES_MAX: Final = 65_536
"""Read of a .json file to see whether it is a cloud account's key; those have 2.5 kB."""
START_BYTES_MAX: Final = 512
"""Read of a file without suffix to see whether it starts as a key does."""

SECRET_FOLDERS: Final = (
    ".git",  # its config holds the token of actions/checkout
    ".hg",
    ".svn",
    ".aws",
    ".azure",
    ".gcloud",
    ".gnupg",
    ".kube",
    ".ssh",
    ".terraform",
)
"""Folders whose whole content is left out, in lower case.

Source: https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/ (.git);
https://github.com/github/gitignore (the others)
"""

SECRET_FILES: Final = (
    ".git",  # of a submodule or worktree
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    ".dev.vars",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.ppk",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.tfstate",
    "*.tfstate.*",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".s3cfg",
    ".boto",
    ".vault-token",
    "gha-creds-*.json",  # google-github-actions/auth writes it into the workspace
    "client_secret*.json",
)
"""File names that hold secrets, in lower case, "*" as in a shell."""

SECRET_PATHS: Final = (".docker/config.json", ".bundle/config", ".m2/settings.xml")
"""The same for a name with its folder, at any depth."""

HARMLESS_FILES: Final = (
    "*.example",
    "*.sample",
    "*.template",
    "*.dist",
    "example.env",
    "sample.env",
    "template.env",
    "*.pub",  # the public half of an SSH key
    "truststore*",  # certificates of others, needed to connect
    "cacerts*",
)
"""Exceptions from SECRET_FILES."""

KEY_SUFFIXES: Final = (".pem", ".key", ".crt", ".cer", ".cert", ".p8", ".pk8")
"""Files that may hold a private key or only public certificates (certifi's cacert.pem): read."""

_ASKED: Final = dict.fromkeys(KEY_SUFFIXES, KEY_BYTES_MAX) | {".json": JSON_BYTES_MAX}

_PRIVATE_KEY: Final = regex(rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PUBLIC: Final = regex(
    rb"-----BEGIN (?:(?:TRUSTED |X509 )?CERTIFICATE|X509 CRL|PKCS7|CMS|(?:[A-Z0-9]{1,20} )?"
    rb"PUBLIC KEY|(?:DH|EC|X9\.42 DH|DSA) PARAMETERS|(?:NEW )?CERTIFICATE REQUEST)-----"
)
_PUTTY: Final = b"PuTTY-User-Key-File-"
_SERVICE_ACCOUNT: Final = regex(rb'"type"\s{0,20}:\s{0,20}"service_account"')
_MUST_PROVE: Final = (".pem", ".key", ".p8", ".pk8")
"""Suffixes of private keys: left out unless the content shows that it is public."""


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(name) for name in names))


_SECRET_FILE: Final = _any_of(SECRET_FILES)
_SECRET_PATH_ENDS: Final = frozenset(path.rpartition("/")[2] for path in SECRET_PATHS)
_HARMLESS_FILE: Final = _any_of(HARMLESS_FILES)


class Rules:
    """Judges names, and the content of the few files whose name does not tell."""

    def __init__(
        self,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        ignore_file: bytes | None = None,
        allow_secret_files: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Parses the patterns.

        Args:
            include: If any, only files that match (or lie in a folder that matches) are packed.
            exclude: What is left out. Comes after the ignore file, so "!name" takes in again what
                that leaves out, except below a folder that is left out (as in git).
            ignore_file: Content of `.lambdaignore` at the top of the source.
            allow_secret_files: Pack what looks like secrets.
            check: Raises when it is to end: a name is held against all patterns, which takes a
                second where both are as long as they may be.

        Raises:
            SourceError: E-SOURCE-14 for each line that is not a pattern.
        """
        ignore_lines = _decode(ignore_file).split("\n") if ignore_file is not None else ()
        faults: list[SourceError] = []
        parsed: list[Patterns] = []
        for lines in (
            _lines(include, "include"),
            [*_lines(ignore_lines, CONTROL_FILE), *_lines(exclude, "exclude")],
        ):
            try:
                parsed.append(Patterns(lines))
            except SourceError as error:
                faults.append(error)
        if faults:
            raise SourceError(*(p for fault in faults for p in fault.problems))
        self._include, self._exclude = parsed
        self._allow_secret_files = allow_secret_files
        self._check = check if self._include or self._exclude else lambda: None
        self._folders: dict[str, tuple[str, LeftOutReason] | None] = {"": None}

    def judge(self, name: str, *, folder: bool) -> tuple[str, LeftOutReason] | None:
        """The name, or the folder above it, that is left out, and why; None if it is kept.

        Args:
            name: "/"-separated, without a closing "/".
            folder: Whether it is a folder's name.

        Returns:
            The topmost name that is left out, folders with a closing "/".
        """
        self._check()
        verdict = self._judge_folders(name if folder else name.rpartition("/")[0])
        if folder or verdict is not None:
            return verdict
        reason = self._judge_file(name)
        return None if reason is None else (name, reason)

    def _judge_folders(self, name: str) -> tuple[str, LeftOutReason] | None:
        """The topmost of a folder and those above it that is left out, and why."""
        if name in self._folders:
            return self._folders[name]
        parts = name.split("/")
        verdict = None
        for end in range(1, len(parts) + 1):
            above = "/".join(parts[:end])
            if above not in self._folders:
                self._check()
                reason = None if verdict else self._judge_folder(above)
                self._folders[above] = verdict if reason is None else (f"{above}/", reason)
            verdict = self._folders[above]
        return verdict

    def _judge_folder(self, name: str) -> LeftOutReason | None:
        last = name.rpartition("/")[2].lower()
        if name == REPORT_FOLDER:
            return "control-file"
        if self._exclude.decide(name, folder=True):
            return "pattern"
        if last in SECRET_FOLDERS and not self._allow_secret_files:
            return "secret"
        return "bytecode" if last == "__pycache__" else None

    def _judge_file(self, name: str) -> LeftOutReason | None:
        if name in (CONTROL_FILE, ALLOWANCES_FILE):
            return "control-file"
        if self._exclude.decide(name, folder=False):
            return "pattern"
        if self._include and not self._is_included(name):
            return "pattern"
        if not self._allow_secret_files and is_secret_name(name):
            return "secret"
        return "bytecode" if name.lower().endswith((".pyc", ".pyo")) else None

    def _is_included(self, name: str) -> bool:
        """What the patterns say of the file; if nothing, of the folder above it, and so on."""
        decision = self._include.decide(name, folder=False)
        while decision is None and "/" in name:
            name = name.rpartition("/")[0]
            decision = self._include.decide(name, folder=True)
        return decision is True

    def content_bytes_asked(self, name: str) -> int:
        """How many bytes of this file `judge_content` must see before it is packed; 0 if none."""
        if self._allow_secret_files:
            return 0
        last = name.rpartition("/")[2].lower()
        suffix = last[max(last.rfind("."), 0) :]
        if asked := _ASKED.get(suffix):
            return asked
        return 0 if "." in last.lstrip(".") else START_BYTES_MAX

    def judge_content(self, name: str, content: bytes) -> LeftOutReason | None:
        """Whether a file that `content_bytes_asked` asks for holds a private key.

        Args:
            name: Of the file.
            content: Its first bytes, as many as were asked for.
        """
        last = name.rpartition("/")[2].lower()
        if last.endswith(KEY_SUFFIXES):
            is_key = _PRIVATE_KEY.search(content) is not None
            is_unproven = last.endswith(_MUST_PROVE) and not _PUBLIC.search(content)
            return "secret" if is_key or is_unproven else None
        if last.endswith(".json"):
            is_account = _SERVICE_ACCOUNT.search(content) and _PRIVATE_KEY.search(content)
            return "secret" if is_account else None
        start = content.lstrip()
        return "secret" if _PRIVATE_KEY.match(start) or start.startswith(_PUTTY) else None


def is_module(verdict: tuple[str, LeftOutReason]) -> bool:
    """Whether what `judge` leaves out is a module, if its source is not beside it.

    Python imports `a.pyc` for `a`, but nothing of `__pycache__` without the source, and no `.pyo`.

    Source: https://peps.python.org/pep-3147/#rationale
    """
    name, reason = verdict
    return reason == "bytecode" and name.endswith(".pyc")


def is_secret_name(name: str) -> bool:
    """Whether files of this name hold secrets, whatever is in them.

    Args:
        name: "/"-separated.
    """
    lower = name.lower()
    last = lower.rpartition("/")[2]
    secret = _SECRET_FILE.match(last) or (
        last in _SECRET_PATH_ENDS and any(f"/{lower}".endswith(f"/{path}") for path in SECRET_PATHS)
    )
    return bool(secret) and not _HARMLESS_FILE.match(last)


def _lines(texts: Iterable[str], place: str) -> list[Line]:
    return [Line(text, f"{place}, line {n}") for n, text in enumerate(texts, start=1)]


def _decode(ignore_file: bytes) -> str:
    if len(ignore_file) > CONTROL_FILE_BYTES_MAX:
        raise SourceError.of(
            "E-SOURCE-14",
            f"{CONTROL_FILE} has more than {CONTROL_FILE_BYTES_MAX:,} bytes",
            "Exclude folders instead of single files",
        )
    try:
        return ignore_file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = ignore_file[: error.start].count(b"\n") + 1
        raise SourceError.of(
            "E-SOURCE-14",
            f"{CONTROL_FILE}, line {line} is not UTF-8: {shown(ignore_file[error.start :][:20])}",
            "Save it as UTF-8",
        ) from error
