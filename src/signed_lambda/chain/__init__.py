"""The chain, one step a file: each returns evidence that only a successful check can build.

Order of a deploy: observe, unchanged, upload, sign (with verify_signed), stage, publish, smoke,
hash_alias, move. Steps talk to AWS only through the port `cloud.Cloud`; no botocore, no printing.
"""
