"""Lambda with AWS's semantics: states, revisions, code signing, versions, aliases, policies."""

from lambda_sandbox.lambda_service.service import LambdaService

__all__ = ["LambdaService"]
