"""A conformance kit for tools that deploy to AWS Lambda: worlds, acts, and what must hold.

Black box: a tool is a process that is given inputs and talks to AWS's API on a port. May import
`lambda_sandbox`, never the product. A case is a folder in `cases/`.
"""
