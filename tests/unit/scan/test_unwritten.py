"""What code does without its being written: loops, contexts, called objects, declared types."""

from __future__ import annotations

import pytest

from tests.unit.scan.conftest import scanned

QUEUE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Environment: {Variables: {NEXT: !Ref Jobs}}
      Events: {Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}}
"""
CLASS = """
import boto3, os
class Rows:
    def NAME(self, *given):
        boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="again")
        return self
class Others:
    def NAME(self, *given):
        return self
def handler(event, context):
    rows = WHICH()
    USE
"""


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("__iter__", "for row in rows: print(row)"),
        ("__enter__", "with rows as found: print(found)"),
        ("__exit__", "with rows: print(1)"),
        ("__call__", "rows(event)"),
    ],
)
@pytest.mark.parametrize(("which", "rules"), [("Rows", ["REC-SQS"]), ("Others", [])])
def test_what_the_language_calls_is_followed(
    name: str, use: str, which: str, rules: list[str]
) -> None:
    code = CLASS.replace("NAME", name).replace("USE", use).replace("WHICH", which)

    assert [f.rule for f in scanned({"app.py": code}, {"template.yaml": QUEUE})] == rules


CONTEXT = """
import boto3, os
from contextlib import contextmanager
@contextmanager
def client(name):
    yield boto3.client(name)
def handler(event, context):
    with client("SERVICE") as found:
        found.invoke(FunctionName=context.function_name)
"""


@pytest.mark.parametrize(("service", "rules"), [("lambda", ["REC-SELF-CTX"]), ("ssm", [])])
def test_what_a_generator_yields_is_what_the_context_gives(service: str, rules: list[str]) -> None:
    found = scanned({"app.py": CONTEXT.replace("SERVICE", service)}, {})

    assert [f.rule for f in found] == rules


SETTINGS = """
package a;
public class Settings {
  private static Settings made;
  public static Settings getInstance() { if (made == null) { made = new Settings(); } return made; }
  public String getWorkerName() { return System.getenv().getOrDefault("WORKER", ""); }
  public String getOtherName() { return System.getenv().getOrDefault("OTHER", ""); }
}
"""
INVOKER = """
package a;
public class LambdaInvoker implements Invoker {
  private final LambdaClient lambda;
  public LambdaInvoker(LambdaClient lambda) { this.lambda = lambda; }
  public void start(String payload, String name) {
    lambda.invoke(InvokeRequest.builder().functionName(name).build());
  }
}
"""
WORKER = """
package a;
public class Worker implements RequestHandler<String, String> {
  private final Settings settings;
  private final Invoker invoker;
  public Worker() { this(Settings.getInstance(), new LambdaInvoker(LambdaClient.create())); }
  public Worker(Settings settings, Invoker invoker) {
    this.settings = settings;
    this.invoker = invoker;
  }
  public String handleRequest(String event, Context context) {
    String name = settings.GETTER();
    invoker.start(event, name);
    return name;
  }
}
"""
STACK = """
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${Stage}-worker"
      Handler: a.Worker::handleRequest
      Environment: {Variables: {WORKER: !Sub "${Stage}-worker", OTHER: !Sub "${Stage}-other"}}
"""
BARE = "\n".join(line for line in WORKER.splitlines() if "getInstance" not in line)


@pytest.mark.parametrize("worker", [WORKER, BARE], ids=["made", "given by others"])
@pytest.mark.parametrize(
    ("getter", "rules"), [("getWorkerName", ["REC-SELF-ENVVAR-IAC"]), ("getOtherName", [])]
)
def test_getters_of_a_declared_class_are_read(worker: str, getter: str, rules: list[str]) -> None:
    code = {
        "a/Settings.java": SETTINGS,
        "a/LambdaInvoker.java": INVOKER,
        "a/Worker.java": worker.replace("GETTER", getter),
    }

    found = scanned(code, {"template.yaml": STACK})

    assert [f.rule for f in found] == rules
    assert all(f.path == "a/Worker.java" for f in found)


TYPED = """
import boto3, os
class Sender:
    def __init__(self):
        self.url = os.environ["NEXT"]
    def send(self):
        boto3.client("sqs").send_message(QueueUrl=self.url, MessageBody="again")
class Quiet:
    def send(self):
        return None
class Service:
    def __init__(self, sender: WHICH):
        self.sender = sender
    def run(self):
        self.sender.send()
def handler(event, context, service: Service = None):
    service.run()
"""


@pytest.mark.parametrize(
    ("which", "rules"), [("Sender", ["REC-SQS"]), ('"Sender | None"', ["REC-SQS"]), ("Quiet", [])]
)
def test_an_annotation_tells_whose_method_is_called(which: str, rules: list[str]) -> None:
    found = scanned({"app.py": TYPED.replace("WHICH", which)}, {"template.yaml": QUEUE})

    assert [f.rule for f in found] == rules
