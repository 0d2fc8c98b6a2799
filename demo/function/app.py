"""A sample function: greets, and counts the words of what it is sent."""

import json

from words import count


def handler(event, context):
    """Answers with a greeting and a word count."""
    text = str(event.get("text", ""))
    return {"statusCode": 200, "body": json.dumps({"hello": "world", "words": count(text)})}
