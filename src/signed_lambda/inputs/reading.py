"""From the environment to `Inputs`, or to one error that tells every fault.

Pure: imports `errors`, `model` and its siblings. Reads the mapping it is given, never os.environ,
a file or the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from signed_lambda.errors import InputError, Problem
from signed_lambda.inputs import table as t
from signed_lambda.inputs.bad import BadValueError
from signed_lambda.inputs.commands import COMMANDS
from signed_lambda.inputs.rules import broken_rules
from signed_lambda.inputs.spelling import BLANKS, character, counted, first_hidden, nearest, shown
from signed_lambda.inputs.values import Inputs
from signed_lambda.model import FunctionName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signed_lambda.inputs.spec import Spec

T = TypeVar("T")

LINE_CHARACTERS: Final = 2_048
"""Longer than any legal value of one line: a token, a path."""
LINES_CHARACTERS: Final = 65_536
"""For patterns, templates and account ids."""

_PREFIX: Final = "INPUT_"
_REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""In the order in which AWS's own tools look."""
_BY_VARIABLE: Final = {spec.variable: spec for spec in t.SPECS}


class Reading:
    """What has been read so far.

    Attributes:
        given: Inputs that the workflow itself gave another value than the default, by name.
        problems: All faults met, in the order of the table.
    """

    def __init__(self) -> None:
        self.given: set[str] = set()
        self.problems: list[Problem] = []
        self._values: dict[str, object] = {}

    def take(self, spec: Spec[object], raw: str) -> None:
        """Parses one input, and keeps the value or the problem.

        Args:
            spec: Its row.
            raw: As the runner passed it; blank is not given.
        """
        text = raw.strip(BLANKS)
        if text and text != spec.default:
            self.given.add(spec.name)
        command = self.get(t.COMMAND)
        of_lines = spec.lines_for.get(command) if command is not None else None
        many_lines = spec.many_lines or of_lines is not None
        text = (raw if many_lines else text) if text else spec.default
        if not text:
            self._values[spec.name] = spec.absent
            return
        try:
            _check_characters(spec, text, many_lines=many_lines)
            self._values[spec.name] = (of_lines or spec.parse)(text)
        except BadValueError as bad:
            self.problems.append(_problem(spec, spec.name, text, bad))

    def take_region(self, environ: Mapping[str, str]) -> None:
        """Completes `aws-region` from the function's ARN, or from the environment."""
        if self.get(t.AWS_REGION) or t.AWS_REGION.name not in self._values:
            return
        regions = [f.region for f in self.get(t.FUNCTION) or () if f.region]
        if regions:
            self._values[t.AWS_REGION.name] = regions[0]
            return
        for variable in _REGION_VARIABLES:
            text = environ.get(variable, "").strip(BLANKS)
            if text:
                try:
                    _check_characters(t.AWS_REGION, text, many_lines=False)
                    self._values[t.AWS_REGION.name] = t.AWS_REGION.parse(text)
                except BadValueError as bad:
                    self.problems.append(_problem(t.AWS_REGION, variable, text, bad))
                    del self._values[t.AWS_REGION.name]
                return

    def readable(self, spec: Spec[object]) -> bool:
        """Whether the input is absent or of its form."""
        return spec.name in self._values

    def get(self, spec: Spec[T]) -> T | None:
        """The value, or None if it is not of its form."""
        return cast("T | None", self._values.get(spec.name))

    def __getitem__(self, spec: Spec[T]) -> T:
        """The value of an input that is of its form, as all are when there is no problem."""
        return cast("T", self._values[spec.name])


def read(environ: Mapping[str, str]) -> Inputs:
    """The inputs of the action.

    Every value is parsed, then all rules between inputs are checked, and only then is anything
    raised. Blanks and line breaks at the ends of a value do not count; a blank value is not given.
    Nothing is read from disk: whether files exist is asked where they are used.

    Args:
        environ: The environment: INPUT_<NAME> in upper case with hyphens, as the runner passes
            inputs, and AWS_REGION or AWS_DEFAULT_REGION.

    Raises:
        InputError: With one problem for each fault (exit 10); nothing was read or written.
    """
    reading = Reading()
    reading.problems += _unknown(environ)
    for spec in t.SPECS:
        reading.take(spec, environ.get(spec.variable, ""))
    reading.take_region(environ)
    reading.problems += broken_rules(reading)
    if reading.problems:
        raise InputError(*reading.problems)
    return _inputs(reading)


def _unknown(environ: Mapping[str, str]) -> list[Problem]:
    names = sorted(n for n in environ if n.startswith(_PREFIX) and n not in _BY_VARIABLE)
    return [_unknown_input(name) for name in names]


def _unknown_input(variable: str) -> Problem:
    name = variable.removeprefix(_PREFIX).lower()
    kebab = name.replace("_", "-").replace(" ", "-")
    instead = t.OTHER_NAMES.get(kebab)
    known = nearest(kebab, [spec.name for spec in t.SPECS])
    what = f"unknown input {shown(name)}"
    if instead is None and known is None:
        return Problem("E-INPUT-02", what, "docs/inputs.md lists the inputs; remove this one")
    if f"{_PREFIX}{kebab.upper()}" in _BY_VARIABLE:
        what = f"unknown variable {shown(variable)}"
        return Problem("E-INPUT-02", what, f"Write it INPUT_{kebab.upper()}, hyphens included")
    return Problem("E-INPUT-02", what, instead or f"Did you mean `{known}`?")


def _check_characters(spec: Spec[object], text: str, *, many_lines: bool) -> None:
    limit = LINES_CHARACTERS if many_lines else LINE_CHARACTERS
    if len(text) > limit:
        raise BadValueError(
            "is too long", f"Use at most {counted(limit)}; was a file's content passed?"
        )
    if many_lines:
        return  # each line is checked by its parser, which knows the line's number
    hidden = first_hidden(text, free_text=spec.free_text)
    if hidden is not None:
        raise BadValueError(
            f"has {character(text[hidden])} at position {hidden + 1}",
            "Write one line" if text[hidden] in "\r\n" else "Type the value anew, do not paste it",
            id_="E-INPUT-05",
        )


def _problem(spec: Spec[object], subject: str, text: str, bad: BadValueError) -> Problem:
    """The sentence: subject, place, value, predicate."""
    value = "(value hidden)" if spec.secret else shown(text if bad.value is None else bad.value)
    place = f"{bad.place} " if bad.place else ""
    return Problem(bad.id, f"{subject} {place}{value} {bad.says}", bad.do)


def _inputs(values: Reading) -> Inputs:
    functions = values[t.FUNCTION]
    only = functions[0] if len(functions) == 1 else None
    return Inputs(
        command=COMMANDS[values[t.COMMAND]],
        function=only.name if only else FunctionName(""),
        function_account=only.account if only else None,
        function_region=only.region if only else None,
        functions=functions,
        alias=(only.alias if only else None) or values[t.ALIAS],
        source=values[t.SOURCE],
        include=values[t.INCLUDE],
        exclude=values[t.EXCLUDE],
        allow_secret_files=values[t.ALLOW_SECRET_FILES],
        compression=values[t.COMPRESSION],
        expected_sha256=values[t.EXPECTED_SHA256],
        bucket=values[t.BUCKET],
        prefix=values[t.PREFIX],
        bucket_owner=values[t.BUCKET_OWNER],
        signing_profile=values[t.SIGNING_PROFILE],
        signing_profile_owner=values[t.SIGNING_PROFILE_OWNER],
        require_code_signing=values[t.REQUIRE_CODE_SIGNING],
        allow_unsigned=values[t.ALLOW_UNSIGNED],
        smoke_event=values[t.SMOKE_EVENT],
        hash_alias=values[t.HASH_ALIAS],
        keep_versions=values[t.KEEP_VERSIONS],
        to=values[t.TO],
        from_alias=values[t.FROM_ALIAS],
        from_function=values[t.FROM_FUNCTION],
        from_role=values[t.FROM_ROLE],
        reason=values[t.REASON],
        allow_older=values[t.ALLOW_OLDER],
        fail_on=values[t.FAIL_ON],
        fail_on_unseen=values[t.FAIL_ON_UNSEEN],
        templates=values[t.TEMPLATE],
        sarif_files=values[t.SARIF_FILES],
        comment=values[t.COMMENT],
        open_issue=values[t.OPEN_ISSUE],
        lock_latest=values[t.LOCK_LATEST],
        github_token=values[t.GITHUB_TOKEN],
        pr_number=values[t.PR_NUMBER],
        require_reviewed=values[t.REQUIRE_REVIEWED],
        require_attestation=values[t.REQUIRE_ATTESTATION],
        attestation_workflow=values[t.ATTESTATION_WORKFLOW],
        attestation_roots=values[t.ATTESTATION_ROOTS],
        allowed_account_ids=values[t.ALLOWED_ACCOUNT_IDS],
        aws_region=values[t.AWS_REGION],
        aws_endpoint_url=values[t.AWS_ENDPOINT_URL],
        https_proxy=values[t.HTTPS_PROXY],
        signer_root=values[t.SIGNER_ROOT],
        timeout_s=values[t.TIMEOUT_MINUTES] * 60,
        parallel_jobs=values[t.PARALLEL_JOBS],
    )
