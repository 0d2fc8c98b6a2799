"""What starts a function in the account, as AWS answers it, and what of that was not seen.

Values between the port (`cloud`), the look (`chain.triggers`) and the review (`scan.live`).
Pure: imports nothing of the product. Members that may hold a value of the function's environment
are never part of a `repr`.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A list of AWS, read page by page.

    Attributes:
        whole: False when there was more than is read.
    """

    items: tuple[T, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Permission:
    """One statement of a function's resource policy that lets somebody invoke it.

    Attributes:
        principal: A service ("s3.amazonaws.com"), an ARN, "*".
        source_arn: Of what may start it, "" for anything of the principal.
    """

    principal: str
    source_arn: str


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping.

    Attributes:
        arn: Of the queue or stream; "" for a source outside of AWS.
        state: "Enabled", "Disabled", and what lies between.
        filters: Patterns of its FilterCriteria, JSON; "" for one that Lambda does not tell.
    """

    arn: str
    state: str
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notification:
    """What a bucket sends to one function, queue or topic.

    Attributes:
        target: ARN, with the alias or version that it names.
        events: "s3:ObjectCreated:*" and the like.
        prefix, suffix: Of the keys, "" for any.
    """

    target: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    """What a subscription takes.

    Attributes:
        policy: JSON, "" for all messages.
        scope: What it looks at: "MessageAttributes" or "MessageBody".
    """

    policy: str
    scope: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a topic.

    Attributes:
        arn: "PendingConfirmation" until it is confirmed; before that it gets nothing.
        protocol: "lambda", "sqs", "https" and the like.
        endpoint: ARN or address.
        takes: None when it was not seen.
    """

    arn: str
    protocol: str
    endpoint: str
    takes: FilterPolicy | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """A rule of EventBridge that has the function as a target.

    Attributes:
        bus: Name of the bus.
        pattern: JSON, "" for a schedule.
    """

    name: str
    bus: str
    enabled: bool
    pattern: str


@dataclass(frozen=True, slots=True)
class LogSubscription:
    """Where lines of a log group are sent.

    Attributes:
        destination: ARN of a function, a stream, a delivery stream.
        pattern: "" for all lines.
    """

    destination: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Named:
    """Something that the code writes to.

    Attributes:
        name: As AWS knows it: may be a value of the environment, so it is never shown.
        spelled: For a reader: the name where the code spells it out, else the variable.
    """

    kind: Literal["bucket", "topic", "bus"]
    name: str = field(repr=False)
    spelled: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """What could not be looked at.

    Attributes:
        action: IAM action: "s3:GetBucketNotification".
        resource: ARN, "*", or the variable that holds the name.
        why: "not allowed", "not all of it was read", the id of another failure.
    """

    action: str
    resource: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTriggers:
    """Everything that was seen around one function.

    Attributes:
        function: Its name.
        account, region: Of the function.
        handler: As Lambda spells it, "" when it was not seen.
        environment: Of $LATEST, in clear: for decisions only.
        log_group: Where it writes its log.
        dead_letter: ARN, "" for none.
        destinations: ARNs of its OnSuccess and OnFailure.
        recursive_loop: "Allow", "Terminate", None when it was not seen.
        buckets: By name; None when the bucket's notifications were not seen.
        topics: By ARN; None when the topic's subscriptions were not seen.
        rules: By ARN; None when the rule was not seen.
        qualifiers: Under which the function was looked at, "" for itself.
        calls: How many questions were asked.
    """

    function: str
    account: str
    region: str
    handler: str
    environment: Mapping[str, str] = field(repr=False)
    log_group: str
    dead_letter: str
    destinations: tuple[str, ...]
    recursive_loop: str | None
    permissions: tuple[Permission, ...]
    event_sources: tuple[EventSource, ...]
    buckets: Mapping[str, tuple[Notification, ...] | None] = field(repr=False)
    topics: Mapping[str, tuple[Subscription, ...] | None] = field(repr=False)
    rules: Mapping[str, EventRule | None]
    log_subscriptions: tuple[LogSubscription, ...]
    qualifiers: tuple[str, ...]
    unseen: tuple[Unseen, ...]
    calls: int

    def blind(self, *actions: str) -> bool:
        """Whether any of the actions could not be made everywhere."""
        return any(u.action in actions for u in self.unseen)

    @property
    def seen(self) -> bool:
        """Whether anything was seen at all: a role without these reads has not asked for them."""
        return self.calls > len(self.unseen)
