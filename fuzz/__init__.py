"""Fuzzers of all that reads hostile bytes: `make fuzz`.

A target is a file in `targets/`, with:

- `check(data)`: what must hold of any bytes; anything it raises is a fault of the product.
- `seeds()`: good and bad examples to start from, taken from the rules' pages and the tests.
- `MAX_BYTES`: the longest input that is tried.
- `WORDS`: what the inputs are made of, for the mutations.
- `mutated(data, random)`, where bytes changed at random would hardly ever pass the first check.
- `RUNS`, where a process must end after so many inputs.

Targets know nothing of the engine: the suite runs each on its seeds. An input that was found to
fail becomes a named test beside the others of its module.
"""
