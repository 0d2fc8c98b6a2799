"""Rules about the quality of a function's own Python code: low or medium, never about loops."""
