"""A function that writes to the bucket whose objects start it.

Why: each object that it writes starts it again; AWS stops after about 16 rounds, and drops the
event.

Bad::

    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        record = event["Records"][0]["s3"]
        s3.put_object(Bucket=record["bucket"]["name"], Key="out/result.png", Body=b"")

    # file: template.yaml
    Resources:
      Resize:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Upload:
              Type: S3
              Properties: {Bucket: !Ref Images, Events: "s3:ObjectCreated:*"}
      Images:
        Type: AWS::S3::Bucket

Good::

    import boto3

    s3 = boto3.client("s3")

    def handler(event, context):
        record = event["Records"][0]["s3"]
        s3.put_object(Bucket=record["bucket"]["name"], Key="out/result.png", Body=b"")

    # file: template.yaml
    Resources:
      Resize:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.handler
          Events:
            Upload:
              Type: S3
              Properties:
                Bucket: !Ref Images
                Events: "s3:ObjectCreated:*"
                Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
      Images:
        Type: AWS::S3::Bucket

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.through import direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.report.model import Finding
    from signed_lambda.scan.world import World

ID: Final = "REC-S3"
FIX: Final = "Write to another bucket, or under a prefix that the notification's filter excludes"


def check(world: World) -> Iterator[Finding]:
    """The ways back that start there and pass no other function."""
    return direct(world, ID, "bucket", message="writes to the bucket that starts it", fix=FIX)
