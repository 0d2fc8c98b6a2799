"""Tests by which the repository keeps its own promises."""
