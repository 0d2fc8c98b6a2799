"""One rule, one file: its page, its examples, its code. Loops here, other faults in `quality`."""
