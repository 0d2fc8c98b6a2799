"""Live triggers of a team's function, made through the API as a team would make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.aws import shared_clients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.action import Ended, Team


class Live:
    """The triggers of one team's function."""

    def __init__(self, team: Team) -> None:
        self.team = team
        clients = shared_clients(team.sandbox.world.region)
        self.lambda_: Any = clients.lambda_
        self.s3: Any = clients.s3
        self.sns: Any = clients.sns()
        self.events: Any = clients.events()
        self.logs: Any = clients.logs()

    def arn(self, service: str, rest: str) -> str:
        """An ARN of the team's account and region."""
        world = self.team.sandbox.world
        return f"arn:aws:{service}:{world.region}:{world.account}:{rest}"

    def function(self, qualifier: str = "") -> str:
        """ARN of the function."""
        tail = f":{qualifier}" if qualifier else ""
        return self.arn("lambda", f"function:{self.team.estate.function}{tail}")

    def code(self, body: str, **files: str) -> None:
        """The function's handler: the lines of `handler(event, context)`, with clients for it."""
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = "import boto3, json, os\n" + "".join(
            f"{name} = boto3.client('{name}')\n"
            for name in ("s3", "sqs", "sns", "events", "dynamodb")
        )
        head += "functions = boto3.client('lambda')\n\n\n"
        self.team.write_source(
            {"app.py": f"{head}def handler(event, context):\n{lines}\n", **files}
        )

    def environment(self, **variables: str) -> None:
        """Sets the function's variables."""
        self.lambda_.update_function_configuration(
            FunctionName=self.team.estate.function, Environment={"Variables": variables}
        )
        self.team.sandbox.clock.sleep(5)

    def allow(self, principal: str, source: str, qualifier: str = "") -> None:
        """Lets something invoke the function."""
        given = {"Qualifier": qualifier} if qualifier else {}
        number = len(self.team.sandbox.calls)
        self.lambda_.add_permission(
            FunctionName=self.team.estate.function,
            StatementId=f"s{number}",
            Action="lambda:InvokeFunction",
            Principal=f"{principal}.amazonaws.com",
            SourceArn=source,
            **given,
        )

    def bucket(
        self, name: str, *, prefix: str = "", suffix: str = "", target: str = "", told: bool = True
    ) -> None:
        """A bucket whose new objects start the function, or whatever the target is."""
        self.s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": self.team.sandbox.world.region},
        )
        rules = [{"Name": n, "Value": v} for n, v in (("prefix", prefix), ("suffix", suffix)) if v]
        one: dict[str, Any] = {
            "LambdaFunctionArn": target or self.function(),
            "Events": ["s3:ObjectCreated:*"],
        }
        if rules:
            one["Filter"] = {"Key": {"FilterRules": rules}}
        self.s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={"LambdaFunctionConfigurations": [one]},
            SkipDestinationValidation=True,
        )
        if told:
            self.allow("s3", f"arn:aws:s3:::{name}")

    def queue(self, name: str, qualifier: str = "", **given: object) -> None:
        """An event source mapping from a queue."""
        self.mapping(self.arn("sqs", name), qualifier, **given)

    def mapping(self, source: str, qualifier: str = "", **given: object) -> None:
        """An event source mapping."""
        self.lambda_.create_event_source_mapping(
            FunctionName=self.function(qualifier), EventSourceArn=source, **given
        )
        self.team.sandbox.clock.sleep(5)

    def topic(self, name: str, policy: Mapping[str, object] | None = None) -> str:
        """A topic that the function is subscribed to; its ARN."""
        arn: str = self.sns.create_topic(Name=name)["TopicArn"]
        attributes = {"FilterPolicy": json.dumps(policy)} if policy is not None else {}
        self.sns.subscribe(
            TopicArn=arn, Protocol="lambda", Endpoint=self.function(), Attributes=attributes
        )
        self.allow("sns", arn)
        return arn

    def rule(self, name: str, *, bus: str = "default", state: str = "ENABLED") -> None:
        """A rule of EventBridge that starts the function with events of the source `shop`."""
        if bus != "default":
            self.events.create_event_bus(Name=bus)
        pattern = json.dumps({"source": ["shop"]})
        self.events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State=state)
        self.events.put_targets(
            Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": self.function()}]
        )
        path = name if bus == "default" else f"{bus}/{name}"
        self.allow("events", self.arn("events", f"rule/{path}"))

    def logged(self, pattern: str = "") -> None:
        """The function gets the lines of its own log."""
        group = f"/aws/lambda/{self.team.estate.function}"
        self.logs.create_log_group(logGroupName=group)
        self.allow("logs", self.arn("logs", f"log-group:{group}:*"))
        self.logs.put_subscription_filter(
            logGroupName=group,
            filterName="all",
            filterPattern=pattern,
            destinationArn=self.function(),
        )

    def destination(self, arn: str) -> None:
        """Failures of the function go there."""
        self.lambda_.put_function_event_invoke_config(
            FunctionName=self.team.estate.function,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        )


def told(ended: Ended) -> list[tuple[str, str]]:
    """Rule and severity of each loop that was found."""
    found = ended.report["findings"]
    return [(f["rule"], f["severity"]) for f in found if f["rule"].startswith("REC-")]


def skipped(ended: Ended) -> list[str]:
    """What could not be looked at (triggers, $LATEST, a history), and what was not removed."""
    facts = [
        f for f in ended.report["facts"] if f["step"] in ("triggers", "latest", "history", "remove")
    ]
    return [f["proof"] for f in facts if f["status"] in ("skipped", "warning")]
