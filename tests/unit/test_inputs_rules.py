"""The rules between inputs, unknown inputs, and many faults at once."""

from __future__ import annotations

import pytest

from signed_lambda.errors import InputError
from signed_lambda.inputs import COMMANDS, OUTPUTS, SPECS, CommandName, read

REGION = {"AWS_REGION": "eu-central-1"}
ARN = "arn:aws:lambda:eu-central-1:111122223333:function:fn"
ROLE = "arn:aws:iam::444455556666:role/read-orders"
GOOD = {
    "deploy": {
        "function-name": "fn",
        "source": "dist",
        "bucket": "artefacts",
        "signing-profile": "release",
    },
    "plan": {"function-name": "fn", "source": "dist"},
    "rollback": {"function-name": "fn"},
    "promote": {"function-name": "fn", "from-alias": "staging"},
    "verify": {"function-name": "fn"},
    "history": {"function-name": "fn"},
    "lock": {"function-name": "fn"},
    "scan": {"source": "dist"},
}


def environment(command: str, inputs: dict[str, str]) -> dict[str, str]:
    """What the runner passes for these inputs."""
    given = {"command": command, **inputs}
    return REGION | {f"INPUT_{name.upper()}": value for name, value in given.items()}


def faults(environ: dict[str, str]) -> list[str]:
    """All messages for these variables."""
    with pytest.raises(InputError) as caught:
        read(environ)
    return [str(problem) for problem in caught.value.problems]


def told(command: CommandName, **inputs: str) -> list[str]:
    """All messages for a command with its needs and these inputs ("_" stands for "-")."""
    extra = {name.replace("_", "-"): value for name, value in inputs.items()}
    return faults(environment(command, {**GOOD[command], **extra}))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs_with_no_more_than_its_needs(command: CommandName) -> None:
    assert read(environment(command, GOOD[command])).command is COMMANDS[command]


@pytest.mark.parametrize(
    ("command", "need"), [(command, need) for command in GOOD for need in GOOD[command]]
)
def test_each_need_is_told_by_name_command_and_example(command: str, need: str) -> None:
    inputs = {name: value for name, value in GOOD[command].items() if name != need}

    (says,) = faults(environment(command, inputs))

    assert says.startswith(f"E-INPUT-01 {need} is empty; `command: {command}` needs it. Give it,")
    assert f"`{need}: " in says


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "scan"])
def test_each_command_that_calls_aws_needs_a_region(command: CommandName) -> None:
    environ = environment(command, GOOD[command])
    del environ["AWS_REGION"]

    assert faults(environ) == [
        (
            "E-INPUT-01 aws-region is empty, and the environment has no AWS_REGION. Give it, for "
            "example `aws-region: eu-central-1`, or run aws-actions/configure-aws-credentials "
            "before this step."
        )
    ]


def test_an_unsigned_deploy_needs_a_bucket_and_no_profile() -> None:
    inputs = {"function-name": "fn", "source": "dist", "allow-unsigned": "true"}

    assert read(environment("deploy", {**inputs, "bucket": "artefacts"})).allow_unsigned
    assert faults(environment("deploy", inputs))[0].startswith("E-INPUT-01 bucket is empty;")


@pytest.mark.parametrize(
    ("command", "name", "value", "others"),
    [
        ("rollback", "source", "dist", "deploy, plan or scan"),
        ("promote", "source", "dist", "deploy, plan or scan"),
        ("verify", "source", "dist", "deploy, plan or scan"),
        ("rollback", "include", "a", "deploy, plan or scan"),
        ("rollback", "exclude", "a", "deploy, plan or scan"),
        ("verify", "allow-secret-files", "true", "deploy, plan or scan"),
        ("rollback", "smoke-event", "e.json", "deploy, plan or scan"),
        ("rollback", "expected-sha256", "a1" * 32, "deploy or plan"),
        ("scan", "expected-sha256", "a1" * 32, "deploy or plan"),
        ("deploy", "to", "41", "rollback"),
        ("promote", "to", "41", "rollback"),
        ("deploy", "from-alias", "staging", "promote"),
        ("rollback", "from-alias", "staging", "promote"),
        ("rollback", "from-alias", "live", "promote"),
    ],
)
def test_an_input_that_the_command_does_not_use_is_refused(
    command: CommandName, name: str, value: str, others: str
) -> None:
    assert told(command, **{name: value}) == [
        (
            f"E-INPUT-04 {name} is given, but `command: {command}` does not use it. Leave it out, "
            f"or use command {others}."
        )
    ]


def test_defaults_of_action_yml_are_not_given_by_the_user() -> None:
    defaults = {spec.name: spec.default for spec in SPECS if spec.name != "command"}

    for command, needs in GOOD.items():
        assert read(environment(command, {**defaults, **needs})).command.name == command


def test_one_with_block_serves_deploy_and_plan_and_scan() -> None:
    block = {
        **GOOD["deploy"],
        "smoke-event": "e.json",
        "reason": "because",
        "bucket-owner": "111122223333",
        "allow-older": "true",
        "hash-alias": "false",
    }

    for command in ("deploy", "plan", "scan"):
        assert read(environment(command, block)).reason == "because"


@pytest.mark.parametrize(
    ("command", "inputs", "says"),
    [
        (
            "deploy",
            {"allow-unsigned": "true"},
            (
                "E-INPUT-04 signing-profile and `allow-unsigned: true` exclude each other. Leave "
                "out one of them."
            ),
        ),
        (
            "rollback",
            {"allow-unsigned": "true", "signing-profile-owner": "111122223333"},
            (
                "E-INPUT-04 signing-profile-owner and `allow-unsigned: true` exclude each other. "
                "Leave out one of them."
            ),
        ),
        (
            "plan",
            {"signing-profile-owner": "111122223333"},
            (
                "E-INPUT-04 signing-profile-owner is given without signing-profile. Give "
                "signing-profile too, or leave out signing-profile-owner."
            ),
        ),
        (
            "plan",
            {"bucket-owner": "111122223333"},
            (
                "E-INPUT-04 bucket-owner is given without bucket. Give bucket too, or leave out "
                "bucket-owner."
            ),
        ),
        (
            "verify",
            {"signer-root": "root.pem"},
            (
                "E-INPUT-04 signer-root is given without aws-endpoint-url. Give aws-endpoint-url "
                "too, or leave out signer-root."
            ),
        ),
        (
            "promote",
            {"from-alias": "live"},
            "E-INPUT-04 from-alias and alias are both 'live'. Promote from one alias to another.",
        ),
        (
            "promote",
            {"from-function": "fn", "bucket": "artefacts"},
            (
                "E-INPUT-04 from-function is function-name itself, 'fn'. Leave it out: from-alias "
                "is of the same function then."
            ),
        ),
        (
            "promote",
            {"from-function": "fn-staging"},
            (
                "E-INPUT-01 bucket is empty; `from-function` needs it: Lambda reads the code from "
                "there. Give one in the region of function-name, for example `bucket: "
                "my-team-artefacts`"
            ),
        ),
        (
            "promote",
            {"from-function": "fn-staging", "bucket": "artefacts", "from-alias": ""},
            (
                "E-INPUT-01 from-alias is empty; `command: promote` needs it. Give it, for example "
                "`from-alias: staging`"
            ),
        ),
        (
            "promote",
            {"from-role": ROLE},
            (
                "E-INPUT-04 from-role is given without from-function. Give from-function too, or "
                "leave out from-role."
            ),
        ),
        (
            "promote",
            {"from-function": ARN, "bucket": "artefacts", "from-role": ROLE},
            (
                "E-INPUT-04 from-function is of account 111122223333, from-role of 444455556666. "
                "Name a role of the function's account."
            ),
        ),
        (
            "deploy",
            {"from-function": "fn-staging"},
            (
                "E-INPUT-04 from-function is given, but `command: deploy` does not use it. Leave "
                "it out, or use command promote."
            ),
        ),
        (
            "verify",
            {"function-name": ARN, "aws-region": "us-east-1"},
            (
                "E-INPUT-04 function-name is in eu-central-1, aws-region is us-east-1. Use the "
                "ARN's region, or give the function's name alone."
            ),
        ),
        (
            "verify",
            {"function-name": ARN, "allowed-account-ids": "444455556666"},
            (
                "E-INPUT-04 function-name is in account 111122223333, which allowed-account-ids "
                "lacks. Add the account to allowed-account-ids, or name a function of an allowed "
                "account."
            ),
        ),
        (
            "rollback",
            {"require-reviewed": "true"},
            (
                "E-INPUT-04 require-reviewed is given, but `command: rollback` does not use it. "
                "Leave it out, or use command deploy or plan."
            ),
        ),
        (
            "deploy",
            {"fail-on-unseen": "true"},
            (
                "E-INPUT-04 fail-on-unseen is given, but `command: deploy` does not use it. "
                "Leave it out, or use command plan or verify."
            ),
        ),
        (
            "promote",
            {"from-alias": "7"},
            (
                "E-INPUT-03 from-alias '7' is all digits: Lambda reads it as a version number. "
                "Name an alias, for example live."
            ),
        ),
    ],
)
def test_inputs_that_contradict_each_other(
    command: CommandName, inputs: dict[str, str], says: str
) -> None:
    assert told(command, **inputs) == [says]


@pytest.mark.parametrize(
    ("command", "inputs"),
    [
        ("verify", {"function-name": ARN, "aws-region": "us east 1"}),
        ("verify", {"function-name": f"{ARN}:7", "aws-region": "us-east-1"}),
        ("verify", {"function-name": ARN, "allowed-account-ids": "1"}),
        ("promote", {"alias": "7"}),
        ("promote", {"from-alias": "7"}),
        ("promote", {"from-function": "a b", "from-alias": "live"}),
        ("promote", {"from-function": "a b", "from-role": ROLE}),
    ],
)
def test_a_value_that_is_bad_breaks_no_rule_too(
    command: CommandName, inputs: dict[str, str]
) -> None:
    assert [text[:10] for text in told(command, **inputs)] == ["E-INPUT-03"]


def test_an_unsigned_run_still_tells_an_owner_without_its_bucket() -> None:
    says = told("rollback", **{"allow-unsigned": "true", "bucket-owner": "111122223333"})

    assert [text.split(".")[0] for text in says] == [
        "E-INPUT-04 bucket-owner is given without bucket"
    ]


def test_two_bad_aliases_are_not_told_to_be_the_same() -> None:
    says = told("promote", **{"alias": "7", "from-alias": "8"})

    assert [text.split()[1] for text in says] == ["alias", "from-alias"]


def test_a_bad_region_is_told_whatever_the_environment_has() -> None:
    environ = environment("verify", {"function-name": "fn", "aws-region": "us east 1"})

    says = faults(environ | {"AWS_REGION": "also bad"})

    assert [text.split()[1] for text in says] == ["aws-region"]


def test_promotion_may_read_a_hash_alias() -> None:
    name = "HASH-" + "a1" * 32

    assert read(environment("promote", {**GOOD["promote"], "from-alias": name})).from_alias == name


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("INPUT_ALLIAS", "unknown input 'allias'. Did you mean `alias`?"),
        ("INPUT_SIGNING-PROFLE", "unknown input 'signing-profle'. Did you mean `signing-profile`?"),
        ("INPUT_REGION", "unknown input 'region'. Use `aws-region`"),
        ("INPUT_DRY-RUN", "unknown input 'dry-run'. Use `command: plan`; it writes nothing."),
        ("INPUT_ZIP_FILE", "unknown input 'zip_file'. Use `source`; it takes a folder or a .zip."),
        (
            "INPUT_FUNCTION_NAME",
            (
                "unknown variable 'INPUT_FUNCTION_NAME'. Write it INPUT_FUNCTION-NAME, hyphens "
                "included."
            ),
        ),
        (
            "INPUT_alias",
            "unknown variable 'INPUT_alias'. Write it INPUT_ALIAS, hyphens included.",
        ),
        (
            "INPUT_QQQQ",
            "unknown input 'qqqq'. docs/inputs.md lists the inputs; remove this one.",
        ),
        ("INPUT_", "unknown input ''. docs/inputs.md lists the inputs; remove this one."),
        (
            "INPUT_A\n::error::B",
            "unknown input 'a\\n::error::b'. docs/inputs.md lists the inputs; remove this one.",
        ),
    ],
)
def test_an_unknown_input_is_an_error_that_names_the_nearest(variable: str, says: str) -> None:
    environ = environment("verify", GOOD["verify"]) | {variable: "x"}

    assert faults(environ) == [f"E-INPUT-02 {says}"]


def test_variables_that_are_not_inputs_are_left_alone() -> None:
    environ = environment("verify", GOOD["verify"]) | {"INPUTRC": "x", "input_x": "y", "PATH": ""}

    assert read(environ).function == "fn"


def test_several_faults_are_told_at_once_in_the_order_of_the_table() -> None:
    environ = {
        "INPUT_ALLIAS": "x",
        "INPUT_FUNCTION-NAME": "my fn",
        "INPUT_ALIAS": "7",
        "INPUT_BUCKET": "s3://b/k",
        "INPUT_HASH-ALIAS": "yes",
        "INPUT_TO": "07",
        "INPUT_TIMEOUT-MINUTES": "5m",
    }

    with pytest.raises(InputError) as caught:
        read(environ)

    assert [(p.id, p.what.split()[0]) for p in caught.value.problems] == [
        ("E-INPUT-02", "unknown"),
        ("E-INPUT-03", "function-name"),
        ("E-INPUT-03", "alias"),
        ("E-INPUT-03", "bucket"),
        ("E-INPUT-03", "hash-alias"),
        ("E-INPUT-03", "to"),
        ("E-INPUT-03", "timeout-minutes"),
        ("E-INPUT-01", "source"),
        ("E-INPUT-01", "signing-profile"),
        ("E-INPUT-01", "aws-region"),
        ("E-INPUT-04", "to"),
    ]
    assert caught.value.exit_code == 10
    assert caught.value.outcome == "refused"


def test_a_bad_command_hides_no_other_fault() -> None:
    says = faults({"INPUT_COMMAND": "dploy", "INPUT_ALIAS": "7", "INPUT_SIGNER-ROOT": "r.pem"})

    assert [text[:10] for text in says] == ["E-INPUT-03", "E-INPUT-03", "E-INPUT-04"]


def test_a_bad_switch_does_not_make_a_need_appear() -> None:
    inputs = {"function-name": "fn", "source": "dist", "bucket": "artefacts"}

    says = faults(environment("deploy", {**inputs, "allow-unsigned": "yes"}))

    assert [text.split()[1] for text in says] == ["allow-unsigned"]


def test_what_is_bad_is_not_also_missing() -> None:
    says = faults({"INPUT_COMMAND": "verify", "INPUT_FUNCTION-NAME": "a b", "AWS_REGION": "x"})

    assert [text.split()[1] for text in says] == ["function-name", "AWS_REGION"]


def test_names_of_inputs_outputs_and_commands_are_spelled_in_kebab_case() -> None:
    names = [spec.name for spec in SPECS] + list(OUTPUTS) + list(COMMANDS)

    assert all(name.replace("-", "").replace("256", "").isalpha() for name in names)
    assert all(name == name.lower() for name in names)
    assert len({spec.name for spec in SPECS}) == len(SPECS)
