"""Parts of requests of AWS's SDK for Java: a target of a rule is a table, as a request is."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

FIRST = """
package a;
import com.amazonaws.services.cloudwatchevents.AmazonCloudWatchEvents;
import com.amazonaws.services.cloudwatchevents.model.*;
public class App implements RequestHandler<String, String> {
  private final AmazonCloudWatchEvents events = AmazonCloudWatchEventsClientBuilder.defaultClient();
  public String handleRequest(String event, Context context) {
    again(WHICH);
    return event;
  }
  private void again(String arn) {
    events.putTargets(new PutTargetsRequest().withRule("r")
        .withTargets(new Target().withId("1").withArn(arn)));
  }
}
"""
SECOND = """
package a;
import software.amazon.awssdk.services.eventbridge.EventBridgeClient;
import software.amazon.awssdk.services.eventbridge.model.PutTargetsRequest;
import software.amazon.awssdk.services.eventbridge.model.Target;
public class App implements RequestHandler<String, String> {
  private final EventBridgeClient events = EventBridgeClient.create();
  public String handleRequest(String event, Context context) {
    Target target = Target.builder().id("1").arn(WHICH).build();
    events.putTargets(PutTargetsRequest.builder().rule("r").targets(List.of(target)).build());
    return event;
  }
}
"""


@pytest.mark.parametrize("code", [FIRST, SECOND], ids=["first SDK", "second SDK"])
@pytest.mark.parametrize(
    ("which", "rules"),
    [("context.getInvokedFunctionArn()", ["REC-SELF-SCHEDULE"]), ('"arn:of:another"', [])],
)
def test_a_target_of_a_rule_is_read(code: str, which: str, rules: list[str]) -> None:
    found = scanned({"a/App.java": code.replace("WHICH", which)}, {})

    assert [f.rule for f in found] == rules
