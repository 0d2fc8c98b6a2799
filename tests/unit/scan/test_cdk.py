"""CDK applications, read as source: constructs, and what starts what."""

from __future__ import annotations

import pytest

from signed_lambda.report.model import Finding
from signed_lambda.scan import findings_in
from signed_lambda.scan.form import Module
from signed_lambda.scan.infra.read import read_templates
from signed_lambda.scan.reading import read
from signed_lambda.scan.world import world_of

HEAD = """
import * as cdk from 'aws-cdk-lib';
import {aws_lambda as lambda, aws_sqs as sqs, aws_s3 as s3, aws_sns as sns} from 'aws-cdk-lib';
import {SqsEventSource, S3EventSource} from 'aws-cdk-lib/aws-lambda-event-sources';
export class Stack extends cdk.Stack {
  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const jobs = new sqs.Queue(this, 'Jobs');
    const done = new sqs.Queue(this, 'Done');
    const images = new s3.Bucket(this, 'Images');
    const topic = new sns.Topic(this, 'News');
    const worker = new lambda.Function(this, 'Worker', {
      handler: 'app.handler', code: lambda.Code.fromAsset(path.join(__dirname, '../src')),
      environment: ENVIRONMENT,
    });
"""
TAIL = "  }\n}\n"
CODE = """
import boto3, os
def handler(event, context):
    boto3.client('sqs').send_message(QueueUrl=os.environ['URL'], MessageBody='x')
    boto3.client('s3').put_object(Bucket=os.environ['URL'], Key='out/a')
    boto3.client('sns').publish(TopicArn=os.environ['URL'], Message='x')
    boto3.client('lambda').invoke(FunctionName=os.environ['URL'])
"""


def found(files: dict[str, str]) -> tuple[Finding, ...]:
    module = read("src/app.py", CODE.encode())
    assert isinstance(module, Module)
    infra, unread = read_templates({path: text.encode() for path, text in files.items()})
    assert unread == ()
    assert infra.functions
    return findings_in(world_of([module], "", infra))


@pytest.mark.parametrize(
    ("environment", "trigger", "rule"),
    [
        ("{URL: jobs.queueUrl}", "worker.addEventSource(new SqsEventSource(jobs));", "REC-SQS"),
        (
            "{URL: jobs.queueUrl}",
            (
                "new lambda.EventSourceMapping(this, 'M',"
                " {eventSourceArn: jobs.queueArn, target: worker});"
            ),
            "REC-SQS",
        ),
        ("{URL: done.queueUrl}", "worker.addEventSource(new SqsEventSource(jobs));", None),
        ("{URL: jobs.queueUrl}", "", None),
        (
            "{URL: images.bucketName}",
            (
                "worker.addEventSource(new S3EventSource(images,"
                " {events: [s3.EventType.OBJECT_CREATED]}));"
            ),
            "REC-S3",
        ),
        (
            "{URL: images.bucketName}",
            (
                "images.addEventNotification(s3.EventType.OBJECT_CREATED,"
                " new s3n.LambdaDestination(worker), {prefix: 'in/'});"
            ),
            None,
        ),
        (
            "{URL: images.bucketName}",
            (
                "images.addEventNotification(s3.EventType.OBJECT_CREATED,"
                " new s3n.LambdaDestination(worker), {prefix: 'out/'});"
            ),
            "REC-S3",
        ),
        (
            "{URL: topic.topicArn}",
            "topic.addSubscription(new subs.LambdaSubscription(worker));",
            "REC-SNS",
        ),
        (
            "{URL: topic.topicArn}",
            (
                "topic.addSubscription(new subs.SqsSubscription(jobs));"
                " worker.addEventSource(new SqsEventSource(jobs));"
            ),
            "REC-SNS",
        ),
    ],
)
def test_what_a_stack_connects_is_a_loop(environment: str, trigger: str, rule: str | None) -> None:
    stack = HEAD.replace("ENVIRONMENT", environment) + trigger + TAIL

    findings = found({"lib/stack.ts": stack})

    assert [f.rule for f in findings] == ([rule] if rule else [])


def test_a_stack_in_python_is_read_alike() -> None:
    stack = """
from aws_cdk import Stack, aws_lambda as _lambda, aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
class App(Stack):
    def __init__(self, scope, id, **kwargs):
        super().__init__(scope, id, **kwargs)
        self.jobs = sqs.Queue(self, "Jobs")
        worker = _lambda.Function(
            self, "Worker", handler="app.handler", code=_lambda.Code.from_asset("src"),
            environment={"URL": self.jobs.queue_url},
        )
        worker.add_event_source(SqsEventSource(self.jobs))
"""

    [one] = found({"infra/app.py": stack})

    assert (one.rule, one.cycle) == ("REC-SQS", ("Worker", "Jobs", "Worker"))
    assert one.evidence[1] == "infra/app.py:12 worker.add_event_source(SqsEventSource(self.jobs))"


def test_two_functions_of_one_file_are_told_apart() -> None:
    second = (
        "const other = new lambda.Function(this, 'Other', {handler: 'app.handler',"
        " code: lambda.Code.fromAsset('src'), environment: {URL: done.queueUrl}});\n"
        "other.addEventSource(new SqsEventSource(done));\n"
    )
    stack = HEAD.replace("ENVIRONMENT", "{URL: done.queueUrl}") + second + TAIL

    [one] = found({"lib/stack.ts": stack})

    assert one.cycle == ("Other", "Done", "Other")


@pytest.mark.parametrize(
    ("environment", "trigger", "rule"),
    [
        (
            "{}",
            "worker.addEnvironment('URL', worker.functionName);",
            "REC-SELF-ENVVAR-IAC",
        ),
        ("{}", "worker.addEnvironment('OTHER', worker.functionName);", None),
        (
            "{URL: jobs.queueUrl}",
            "const s = new SqsEventSource(jobs); worker.addEventSource(s);",
            "REC-SQS",
        ),
        (
            "{URL: jobs.queueUrl}",
            "this.source = new SqsEventSource(jobs); worker.addEventSource(this.source);",
            "REC-SQS",
        ),
        (
            "{URL: jobs.queueUrl}",
            "worker.addEventSourceMapping('M', {eventSourceArn: jobs.queueArn});",
            "REC-SQS",
        ),
        (
            "{URL: jobs.queueUrl}",
            (
                "new lambda.CfnEventSourceMapping(this, 'M',"
                " {eventSourceArn: jobs.queueArn, functionName: worker.functionName});"
            ),
            "REC-SQS",
        ),
        (
            "{URL: images.bucketName}",
            (
                "const to = new s3n.LambdaDestination(worker);"
                " images.addEventNotification(s3.EventType.OBJECT_CREATED, to);"
            ),
            "REC-S3",
        ),
        (
            "{URL: topic.topicArn}",
            "const to = new subs.LambdaSubscription(worker); topic.addSubscription(to);",
            "REC-SNS",
        ),
        (
            "{URL: images.bucketName}",
            (
                "images.addEventNotification(s3.EventType.OBJECT_CREATED,"
                " new s3n.SnsDestination(topic));"
                " topic.addSubscription(new subs.LambdaSubscription(worker));"
            ),
            "REC-S3",
        ),
    ],
)
def test_a_connection_is_read_however_it_is_written(
    environment: str, trigger: str, rule: str | None
) -> None:
    stack = HEAD.replace("ENVIRONMENT", environment) + trigger + TAIL

    findings = found({"lib/stack.ts": stack})

    assert [f.rule for f in findings] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("properties", "rules"),
    [
        ("events: [new SqsEventSource(jobs)], environment: {URL: jobs.queueUrl}", ["REC-SQS"]),
        ("events: [new SqsEventSource(jobs)], environment: {URL: done.queueUrl}", []),
        (
            (
                "events: [new SqsEventSource(jobs)], deadLetterQueue: jobs,"
                " environment: {URL: done.queueUrl}"
            ),
            ["REC-DEST"],
        ),
        (
            (
                "events: [new SqsEventSource(jobs)], environment: {URL: done.queueUrl},"
                " onFailure: new destinations.SqsDestination(jobs)"
            ),
            ["REC-DEST"],
        ),
        (
            (
                "environment: {URL: done.queueUrl}, deadLetterQueue: jobs,"
                " onSuccess: new destinations.SqsDestination(done)"
            ),
            [],
        ),
    ],
)
def test_the_properties_of_a_function_connect_it(properties: str, rules: list[str]) -> None:
    second = (
        "new lambda.Function(this, 'Second', {handler: 'app.handler',"
        f" code: lambda.Code.fromAsset('src'), {properties}}});\n"
    )
    stack = HEAD[: HEAD.index("    const worker")] + second + TAIL

    assert [f.rule for f in found({"lib/stack.ts": stack})] == rules


def test_constructs_of_python_may_name_their_scope() -> None:
    stack = """
from aws_cdk import Stack, aws_lambda as _lambda, aws_sqs as sqs, aws_lambda_event_sources as events
class App(Stack):
    def __init__(self, scope, construct_id, **kwargs):
        jobs = sqs.Queue(self, "Jobs")
        worker = _lambda.Function(
            scope=self, id="Worker", handler="app.handler", code=_lambda.Code.from_asset("src"),
        )
        worker.add_environment("URL", jobs.queue_url)
        source = events.SqsEventSource(queue=jobs)
        worker.add_event_source(source)
"""

    [one] = found({"shop/shop_stack.py": stack})

    assert (one.rule, one.cycle) == ("REC-SQS", ("Worker", "Jobs", "Worker"))


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("src/shop-worker.lambda.ts", 1),
        ("src/shopWorker.ts", 1),
        ("src/shop-worker.lambda.test.ts", 0),
        ("src/other.ts", 0),
    ],
)
def test_a_construct_that_names_no_file_is_known_by_its_own_name(path: str, count: int) -> None:
    stack = """
import * as cdk from 'aws-cdk-lib';
import {aws_sqs as sqs} from 'aws-cdk-lib';
import {SqsEventSource} from 'aws-cdk-lib/aws-lambda-event-sources';
import {ShopWorkerFunction} from './functions';
export class Stack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const jobs = new sqs.Queue(this, 'Jobs');
    const made = new ShopWorkerFunction(this, 'Work', {environment: {URL: jobs.queueUrl}});
    made.addEventSource(new SqsEventSource(jobs));
  }
}
"""
    code = (
        "import {SQSClient, SendMessageCommand} from '@aws-sdk/client-sqs';\n"
        "const client = new SQSClient({});\n"
        "export const handler = async () => {\n"
        "  await client.send(new SendMessageCommand({QueueUrl: process.env.URL}));\n};\n"
    )
    module = read(path, code.encode())
    assert isinstance(module, Module)
    infra, _ = read_templates({"lib/stack.ts": stack.encode()})

    assert [f.rule for f in findings_in(world_of([module], "", infra))] == ["REC-SQS"] * count


LATE = """
import {aws_lambda as lambda, aws_sqs as sqs, Stack} from 'aws-cdk-lib';
import {SqsEventSource} from 'aws-cdk-lib/aws-lambda-event-sources';
export class Shop extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const jobs = new sqs.Queue(this, 'Jobs');
    const done = new sqs.Queue(this, 'Done');
    const common = {URL: COMMON.queueUrl};
    const environment: Record<string, string> = {LOG: 'x', ...common};
    LATER
    const code = lambda.Code.fromAsset('src');
    const work = new lambda.Function(this, 'Work', {handler: 'app.handler', environment, code});
    work.addEventSource(new SqsEventSource(jobs));
  }
}
"""


@pytest.mark.parametrize(
    ("common", "later", "count"),
    [
        ("jobs", "", 1),
        ("done", "", 0),
        ("done", "environment.URL = jobs.queueUrl;", 1),
        ("jobs", "environment['URL'] = done.queueUrl;", 0),
    ],
)
def test_a_table_of_variables_may_be_filled_later(common: str, later: str, count: int) -> None:
    stack = LATE.replace("COMMON", common).replace("LATER", later)

    assert [f.rule for f in found({"lib/stack.ts": stack})] == ["REC-SQS"] * count


CREATORS = """
import * as cdk from 'aws-cdk-lib';
import {aws_lambda as lambda, aws_sqs as sqs} from 'aws-cdk-lib';
import {SqsEventSource} from 'aws-cdk-lib/aws-lambda-event-sources';
export class Shop extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const jobs = this.queue('Jobs');
    const done = this.queue('Done');
    const worker = this.worker('Worker', 'app.handler', {URL: SENDS.queueUrl});
    const other = this.worker('Other', 'other.handler', {URL: jobs.queueUrl});
    worker.addEventSource(new SqsEventSource(jobs));
  }
  queue(id: string): sqs.Queue { return new sqs.Queue(this, `${id}Queue`); }
  worker(id: string, handler: string, environment: Environment) {
    const code = lambda.Code.fromAsset('src');
    return new lambda.Function(this, id, {handler, environment, code});
  }
}
"""


@pytest.mark.parametrize(("sends", "count"), [("jobs", 1), ("done", 0)])
def test_a_function_that_makes_constructs_makes_one_at_each_call(sends: str, count: int) -> None:
    findings = found({"lib/stack.ts": CREATORS.replace("SENDS", sends)})

    assert [(f.rule, f.severity) for f in findings] == [("REC-SQS", "high")] * count


MACHINE = """
import * as cdk from 'aws-cdk-lib';
import {aws_lambda as lambda, aws_stepfunctions as sfn} from 'aws-cdk-lib';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
export class Shop extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const worker = new lambda.Function(this, 'Worker', {
      handler: 'app.handler', code: lambda.Code.fromAsset('src'),
      environment: {URL: `arn:aws:states:eu-west-1:111122223333:stateMachine:flow`},
    });
    const other = new lambda.Function(this, 'Other', {
      handler: 'other.handler', code: lambda.Code.fromAsset('src'),
    });
    const first = new sfn.Pass(this, 'First');
    const work = new tasks.LambdaInvoke(this, 'Work', {lambdaFunction: RUNS});
    CHAIN
    new sfn.StateMachine(this, 'Flow', {stateMachineName: 'flow', DEFINITION});
    new sfn.StateMachine(this, 'Else', {
      definition: new tasks.LambdaInvoke(this, 'No', {lambdaFunction: worker}),
    });
  }
}
"""
STARTS = """
import boto3, os
def handler(event, context):
    boto3.client('stepfunctions').start_execution(stateMachineArn=os.environ['URL'], input='{}')
"""


@pytest.mark.parametrize("runs", ["worker", "other"])
@pytest.mark.parametrize(
    ("chain", "definition"),
    [
        ("const all = first.next(work);", "definition: all"),
        ("first.next(work);", "definitionBody: sfn.DefinitionBody.fromChainable(first)"),
        (
            "const map = new sfn.Map(this, 'Each', {}); map.iterator(work).addCatch(first);",
            "definition: sfn.Chain.start(map)",
        ),
        (
            "const pick = new sfn.Choice(this, 'Pick').when(yes, work).otherwise(first);",
            "definition: pick",
        ),
    ],
)
def test_a_machine_runs_the_tasks_of_its_chain(chain: str, definition: str, runs: str) -> None:
    stack = MACHINE.replace("RUNS", runs).replace("CHAIN", chain)
    infra, _ = read_templates({"lib/a.ts": stack.replace("DEFINITION", definition).encode()})
    module = read("src/app.py", STARTS.encode())
    assert isinstance(module, Module)

    findings = findings_in(world_of([module], "", infra))

    assert [f.rule for f in findings] == ["REC-SFN"] * (runs == "worker")
