"""`signed_lambda setup`: what a first deploy needs, looked at, and made on `--apply`.

One file per kind of thing: `look` says how it stands, as items that know how to make what is
missing. `items` decides which of them are made (pure), `command` is the story, `wanted` the names,
`documents` the policies and trusts: the published ones, docs/iam/*.json. docs/setup/ says the same
as CloudFormation and Terraform.

A console command of its own, not in the action's image. Imports inputs' parsers, cloud's shapes and
errors; reaches AWS through the port `account` only. Never deletes anything, never changes what
somebody else made unless `--change` names it, and writes nothing at all without `--apply`.
"""
