"""Counts words."""


def count(text):
    """The number of blank-separated words."""
    return len(text.split())
