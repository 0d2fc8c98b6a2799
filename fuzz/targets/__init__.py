"""The targets of the fuzzers, one a file."""
