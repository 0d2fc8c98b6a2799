"""What triggers a function: Lambda's policy and mappings, S3, SNS, EventBridge, CloudWatch Logs.

No deploy depends on these answers: each question is given up after `LOOK_S`.
May import the package's own modules and the port. Writes nothing in AWS.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

from signed_lambda.aws.answer import Answer, NotAnAnswer
from signed_lambda.aws.base import AwsBase
from signed_lambda.aws.call import Call, NotThere, not_there
from signed_lambda.cloud import PolicyDocument
from signed_lambda.latest import FunctionUrl, Simulated, Statement
from signed_lambda.triggers import (
    EventRule,
    EventSource,
    FilterPolicy,
    Listed,
    LogSubscription,
    Notification,
    Permission,
    Subscription,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from signed_lambda.aws.call import Expected
    from signed_lambda.model import FunctionName

T = TypeVar("T")
LOOK_S: Final = 20.0
"""Longer than a burst of throttles, shorter than anybody waits for a review."""
PAGES: Final = 10
_MISSING: Final[Mapping[str, Expected]] = dict.fromkeys(
    ("ResourceNotFoundException", "NotFound", "NoSuchBucket", "404"), not_there
)
_NOBODY: Final[Mapping[str, Expected]] = dict.fromkeys(("NoSuchEntity", "InvalidInput"), not_there)
_SOURCES: Final = {"arnlike", "arnequals", "stringlike", "stringequals"}
"""Operators of a condition that names what may start the function."""


class _Marked(TypedDict, total=False):
    Marker: str


class _Next(TypedDict, total=False):
    NextToken: str


class _LogsNext(TypedDict, total=False):
    nextToken: str


class TriggerReads(AwsBase):
    """The live triggers of a function."""

    def get_ready(self) -> None:
        """See `Cloud`: makes the clients, which would take the time of the questions."""
        for service in ("s3", "logs", "events"):
            self._clients.of(service)

    # -- Lambda

    def permissions(
        self, name: FunctionName, qualifier: str | None = None
    ) -> tuple[Permission, ...]:
        """GetPolicy of exactly this qualifier; empty when there is none.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html; that an alias'
        policy is not in the unqualified one: LocalStack AWS-validated snapshot 2025-11.
        """
        given = {"Qualifier": qualifier} if qualifier else {}
        found = self._look(
            self._of_function("GetPolicy", name, qualifier),
            lambda: self._clients.lambda_.get_policy(FunctionName=name, **given),
            lambda answer: tuple(_permissions(answer.text("Policy"))),
        )
        return found or ()

    def statements(self, name: FunctionName) -> tuple[Statement, ...]:
        """GetPolicy of the unqualified function; empty when there is none.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html
        """
        found = self._look(
            self._of_function("GetPolicy", name, None),
            lambda: self._clients.lambda_.get_policy(FunctionName=name),
            lambda answer: tuple(map(read_statement, _statements(answer.text("Policy")))),
        )
        return found or ()

    def policy_document(self, arn: str) -> PolicyDocument | None:
        """GetResourcePolicy; None when there is none.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetResourcePolicy.html
        """
        return self._look(
            self._asked("lambda:GetResourcePolicy", arn),
            lambda: self._clients.lambda_.get_resource_policy(ResourceArn=arn),
            lambda answer: PolicyDocument(
                _document(answer.text("Policy")), answer.text("RevisionId")
            ),
        )

    def function_urls(self, name: FunctionName) -> Listed[FunctionUrl]:
        """ListFunctionUrlConfigs, at most ten pages: of the function and of its aliases.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html
        """
        return self._listed(
            self._of_function("ListFunctionUrlConfigs", name, None),
            "NextMarker",
            lambda token: self._clients.lambda_.list_function_url_configs(
                FunctionName=name, **(_Marked(Marker=token) if token else _Marked())
            ),
            lambda answer: [
                FunctionUrl(item.text("FunctionArn"), item.text("AuthType"))
                for item in answer.items("FunctionUrlConfigs")
            ],
        )

    def event_sources(
        self, name: FunctionName, qualifier: str | None = None
    ) -> Listed[EventSource]:
        """ListEventSourceMappings of exactly this qualifier, at most ten pages.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
        """
        spelled = f"{name}:{qualifier}" if qualifier else name
        return self._listed(
            self._asked("lambda:ListEventSourceMappings", "*"),
            "NextMarker",
            lambda token: self._clients.lambda_.list_event_source_mappings(
                FunctionName=spelled, **(_Marked(Marker=token) if token else _Marked())
            ),
            lambda answer: [_event_source(item) for item in answer.items("EventSourceMappings")],
        )

    def destinations(self, name: FunctionName, qualifier: str | None = None) -> tuple[str, ...]:
        """GetFunctionEventInvokeConfig: the ARNs of OnSuccess and OnFailure.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html
        """
        given = {"Qualifier": qualifier} if qualifier else {}
        found = self._look(
            self._of_function("GetFunctionEventInvokeConfig", name, qualifier),
            lambda: self._clients.lambda_.get_function_event_invoke_config(
                FunctionName=name, **given
            ),
            _destinations,
        )
        return found or ()

    def recursive_loop(self, name: FunctionName) -> str:
        """GetFunctionRecursionConfig: "Allow" or "Terminate".

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html
        """
        found = self._look(
            self._of_function("GetFunctionRecursionConfig", name, None),
            lambda: self._clients.lambda_.get_function_recursion_config(FunctionName=name),
            lambda answer: answer.text("RecursiveLoop"),
        )
        return found or "Terminate"

    # -- S3

    def notifications(self, bucket: str) -> tuple[Notification, ...]:
        """GetBucketNotificationConfiguration; empty when the bucket does not exist.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
        """
        found = self._look(
            Call(
                operation="s3:GetBucketNotificationConfiguration",
                action="s3:GetBucketNotification",
                resource="*",
                expected=_MISSING,
                secret=True,
            ),
            lambda: self._clients.s3.get_bucket_notification_configuration(Bucket=bucket),
            lambda answer: tuple(_notifications(answer)),
        )
        return found or ()

    # -- SNS

    def subscriptions(self, topic: str) -> Listed[Subscription]:
        """ListSubscriptionsByTopic, at most ten pages; empty when the topic does not exist.

        Source: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
        """
        return self._listed(
            self._asked("sns:ListSubscriptionsByTopic", topic, secret=True),
            "NextToken",
            lambda token: self._clients.sns().list_subscriptions_by_topic(
                TopicArn=topic, **(_Next(NextToken=token) if token else _Next())
            ),
            lambda answer: [
                Subscription(
                    item.text("SubscriptionArn"),
                    item.text("Protocol"),
                    item.maybe_text("Endpoint") or "",
                )
                for item in answer.items("Subscriptions")
            ],
        )

    def filter_policy(self, subscription: str) -> FilterPolicy:
        """GetSubscriptionAttributes: what the subscription takes; all when it does not exist.

        Source: https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
        """
        found = self._look(
            self._asked("sns:GetSubscriptionAttributes", "*"),
            lambda: self._clients.sns().get_subscription_attributes(SubscriptionArn=subscription),
            lambda answer: _filter_policy(answer.inside("Attributes")),
        )
        return found or FilterPolicy("", "")

    # -- EventBridge

    def rule_names(self, target: str, bus: str) -> Listed[str]:
        """ListRuleNamesByTarget, at most ten pages; empty when the bus does not exist.

        Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRuleNamesByTarget.html
        """
        return self._listed(
            self._asked("events:ListRuleNamesByTarget", "*", secret=True),
            "NextToken",
            lambda token: self._clients.events().list_rule_names_by_target(
                TargetArn=target,
                EventBusName=bus,
                **(_Next(NextToken=token) if token else _Next()),
            ),
            lambda answer: [*answer.texts("RuleNames")],
        )

    def rule(self, name: str, bus: str) -> EventRule | None:
        """DescribeRule; None when it does not exist.

        Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html
        """
        return self._look(
            self._asked("events:DescribeRule", self._place.rule(name, bus), secret=True),
            lambda: self._clients.events().describe_rule(Name=name, EventBusName=bus),
            lambda answer: EventRule(
                answer.text("Name"),
                bus,
                answer.text("State") != "DISABLED",
                answer.maybe_text("EventPattern") or "",
            ),
        )

    # -- logs

    def log_subscriptions(self, group: str) -> Listed[LogSubscription]:
        """DescribeSubscriptionFilters; empty when the log group does not exist.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeSubscriptionFilters.html
        """
        return self._listed(
            self._asked("logs:DescribeSubscriptionFilters", self._place.log_group(group)),
            "nextToken",
            lambda token: self._clients.logs().describe_subscription_filters(
                logGroupName=group, **(_LogsNext(nextToken=token) if token else _LogsNext())
            ),
            lambda answer: [
                LogSubscription(
                    item.text("destinationArn"), (item.maybe_text("filterPattern") or "").strip()
                )
                for item in answer.items("subscriptionFilters")
            ],
        )

    # -- IAM

    def simulated(
        self, principal: str, action: str, resources: tuple[str, ...]
    ) -> tuple[Simulated, ...] | None:
        """SimulatePrincipalPolicy, a result for each resource; None: no such user or role.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
        """
        return self._look(
            Call(
                operation="iam:SimulatePrincipalPolicy",
                action="iam:SimulatePrincipalPolicy",
                resource=principal,
                expected=_NOBODY,
            ),
            lambda: self._clients.iam().simulate_principal_policy(
                PolicySourceArn=principal, ActionNames=[action], ResourceArns=[*resources]
            ),
            lambda answer: tuple(map(_simulated, answer.items("EvaluationResults"))),
        )

    # -- asking

    def _look(
        self, call: Call, send: Callable[[], Mapping[str, object]], read: Callable[[Answer], T]
    ) -> T | None:
        """The answer; None when what was asked for does not exist."""
        try:
            return self._calls.within(LOOK_S).run(call, send, read)
        except NotThere:
            return None

    def _listed(
        self,
        call: Call,
        mark: str,
        send: Callable[[str], Mapping[str, object]],
        read: Callable[[Answer], list[T]],
    ) -> Listed[T]:
        """The items of at most ten pages.

        Args:
            call: What is asked.
            mark: The member that names the next page.
            send: Asks for one page by its name, "" for the first.
            read: Takes a page apart.
        """
        found: list[T] = []
        token = ""
        for _ in range(PAGES):
            page = self._look(
                call,
                partial(send, token),
                lambda answer: (read(answer), answer.maybe_text(mark) or ""),
            )
            if page is None:
                return Listed(tuple(found))
            items, token = page
            found.extend(items)
            if not token:
                return Listed(tuple(found))
        return Listed(tuple(found), whole=False)

    def _of_function(self, operation: str, name: FunctionName, qualifier: str | None) -> Call:
        return self._asked(f"lambda:{operation}", self._place.function(name, qualifier))

    @staticmethod
    def _asked(action: str, resource: str, *, secret: bool = False) -> Call:
        return Call(
            operation=action, action=action, resource=resource, expected=_MISSING, secret=secret
        )


def _permissions(policy: str) -> Iterator[Permission]:
    """The statements that allow somebody something.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    for statement in _statements(policy):
        if statement.maybe_text("Effect") != "Allow":
            continue
        sources = tuple(_sources(statement)) or ("",)
        for principal in _principals(statement):
            yield from (Permission(principal, source) for source in sources)


def _statements(policy: str) -> tuple[Answer, ...]:
    document = _document(policy)
    if isinstance(document.get("Statement"), dict):
        document["Statement"] = [document["Statement"]]
    return Answer(document, "Policy.").items("Statement")


def _document(policy: str) -> dict[str, Any]:
    try:
        document = json.loads(policy)
    except (ValueError, RecursionError):
        raise NotAnAnswer("'Policy' is not JSON") from None
    if not isinstance(document, dict):
        raise NotAnAnswer("'Policy' is not a document")
    return document


def read_statement(statement: Answer) -> Statement:
    """A statement, whatever it allows or denies."""
    effect = statement.text("Effect")
    if effect not in ("Allow", "Deny"):
        raise NotAnAnswer("'Effect' is neither Allow nor Deny")
    return Statement(
        sid=statement.maybe_text("Sid") or "",
        effect="Allow" if effect == "Allow" else "Deny",
        principals=tuple(_principals(statement)),
        actions=_one_or_more(statement, "Action"),
        resources=_one_or_more(statement, "Resource"),
        sources=tuple(_sources(statement)),
        conditional=statement.has("Condition"),
    )


def _simulated(result: Answer) -> Simulated:
    organization = result.maybe_inside("OrganizationsDecisionDetail")
    allowed = organization.members.get("AllowedByOrganizations") if organization else None
    return Simulated(result.text("EvalDecision"), allowed if isinstance(allowed, bool) else None)


def _principals(statement: Answer) -> Iterator[str]:
    if isinstance(statement.members.get("Principal"), str):
        yield statement.text("Principal")
        return
    inside = statement.maybe_inside("Principal")
    for name in inside.members if inside is not None else ():
        yield from _one_or_more(inside, name) if inside is not None else ()


def _sources(statement: Answer) -> Iterator[str]:
    condition = statement.maybe_inside("Condition")
    for operator in condition.members if condition is not None else ():
        named = condition.maybe_inside(operator) if condition is not None else None
        if operator.lower().removesuffix("ifexists") not in _SOURCES or named is None:
            continue
        for key in named.members:
            if key.lower() == "aws:sourcearn":
                yield from _one_or_more(named, key)


def _one_or_more(inside: Answer, name: str) -> tuple[str, ...]:
    """IAM writes a list of one without its brackets."""
    return (inside.text(name),) if isinstance(inside.members.get(name), str) else inside.texts(name)


def _event_source(item: Answer) -> EventSource:
    """A mapping; criteria that are encrypted are told without their text.

    Source: botocore model, EventSourceMappingConfiguration.FilterCriteriaError
    """
    criteria = item.maybe_inside("FilterCriteria")
    told = criteria.items("Filters") if criteria is not None else ()
    filters = tuple(one.maybe_text("Pattern") or "" for one in told)
    hidden = ("",) if item.has("FilterCriteriaError") else ()
    return EventSource(
        item.maybe_text("EventSourceArn") or "", item.text("State"), filters or hidden
    )


def _filter_policy(attributes: Answer) -> FilterPolicy:
    policy = attributes.maybe_text("FilterPolicy") or ""
    return FilterPolicy(
        "" if policy.strip() == "{}" else policy, attributes.maybe_text("FilterPolicyScope") or ""
    )


def _destinations(answer: Answer) -> tuple[str, ...]:
    config = answer.maybe_inside("DestinationConfig")
    sides = [config.maybe_inside(side) for side in ("OnSuccess", "OnFailure")] if config else []
    found = [side.maybe_text("Destination") for side in sides if side is not None]
    return tuple(arn for arn in found if arn)


_TARGETS: Final = {
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
}


def _notifications(answer: Answer) -> Iterator[Notification]:
    for member, target in _TARGETS.items():
        for item in answer.items(member):
            outer = item.maybe_inside("Filter")
            key = outer.maybe_inside("Key") if outer is not None else None
            rules = key.items("FilterRules") if key is not None else ()
            found = {r.text("Name").lower(): r.maybe_text("Value") or "" for r in rules}
            yield Notification(
                item.text(target),
                item.texts("Events"),
                found.get("prefix", ""),
                found.get("suffix", ""),
            )
