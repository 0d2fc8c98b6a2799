"""A stand-in AWS for `make demo` and the tests: Lambda and Signer with AWS's measured semantics.

Never part of the image. It exists because the known emulators accept a wrong CodeSha256, never sign
and never refuse: tests on them stay green with our guards removed.
"""
