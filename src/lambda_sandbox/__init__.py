"""A stand-in AWS for `make demo` and the tests: Lambda and Signer with AWS's measured semantics.

Never part of the image. It exists because the known emulators accept a wrong CodeSha256, never sign
and never refuse: tests on them stay green with our guards removed.
"""

from lambda_sandbox.calls import Call
from lambda_sandbox.core import ApiError, RealClock, Timing, VirtualClock, World
from lambda_sandbox.sandbox import Sandbox

__all__ = ["ApiError", "Call", "RealClock", "Sandbox", "Timing", "VirtualClock", "World"]
