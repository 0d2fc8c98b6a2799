"""One rule, one file: its page, its examples, its code."""
