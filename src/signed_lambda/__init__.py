"""Put code on AWS Lambda so that what runs is what was reviewed."""

__version__ = "0.1.0"
