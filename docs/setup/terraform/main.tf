# The same as `signed_lambda setup --apply`, but for the last step: a function made elsewhere is not
# Terraform's to change. Where the function is a resource of yours, give it
#   code_signing_config_arn = module.<name>.code_signing_config_arn
# else run the output `attach`. The policies are those of docs/iam, which come along with
#   source = "github.com/owner/signed-lambda-deploy//docs/setup/terraform?ref=<commit>"

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

variable "function" {
  description = "Name of the function; it exists."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,55}$", var.function))
    error_message = "A function's name of at most 55 letters, digits, - and _."
  }
}

variable "profile" {
  description = "Name of the signing profile to make; a name is taken for ever, also after cancelling."
  type        = string
}

variable "owner" {
  description = "Owner of the GitHub repository."
  type        = string
}

variable "owner_id" {
  description = "GitHub's number of the owner."
  type        = number
}

variable "repository" {
  description = "Name of the GitHub repository, without its owner."
  type        = string
}

variable "repository_id" {
  description = "GitHub's number of the repository."
  type        = number
}

variable "branch" {
  description = "The repository's default branch."
  type        = string
  default     = "main"
}

variable "make_bucket" {
  description = "False where another function has made the bucket."
  type        = bool
  default     = true
}

variable "make_provider" {
  description = "False where the account has GitHub's OIDC provider."
  type        = bool
  default     = true
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.this.name
  bucket  = "signed-lambda-${local.account}-${local.region}"
  issuer  = "token.actions.githubusercontent.com"
  trusts = {
    deploy   = { file = "trust", environment = "production" }
    rollback = { file = "trust", environment = "rollback" }
    plan     = { file = "trust-plan", environment = "" }
    verify   = { file = "trust-verify", environment = "" }
  }
  names = {
    ACCOUNT       = local.account
    REGION        = local.region
    FUNCTION      = var.function
    PROFILE       = var.profile
    BUCKET        = local.bucket
    PREFIX        = "signed-lambda"
    OWNER         = var.owner
    OWNER_ID      = var.owner_id
    REPOSITORY    = var.repository
    REPOSITORY_ID = var.repository_id
    BRANCH        = var.branch
  }
  documents = {
    for name in ["deploy", "rollback", "plan", "verify", "trust-plan", "trust-verify", "bucket"] :
    name => templatefile("${path.module}/../../iam/${name}.json", local.names)
  }
  trust = {
    for duty, trust in local.trusts : duty => templatefile(
      "${path.module}/../../iam/${trust.file}.json",
      merge(local.names, { ENVIRONMENT = trust.environment })
    )
  }
  # "aws" is the partition that the files are written for.
  policies = {
    for name, text in local.documents :
    name => replace(text, "\"arn:aws:", "\"arn:${data.aws_partition.this.partition}:")
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.make_provider ? 1 : 0
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_s3_bucket" "artefacts" {
  count  = var.make_bucket ? 1 : 0
  bucket = local.bucket
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "artefacts" {
  count                   = var.make_bucket ? 1 : 0
  bucket                  = aws_s3_bucket.artefacts[0].id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "artefacts" {
  count  = var.make_bucket ? 1 : 0
  bucket = aws_s3_bucket.artefacts[0].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "artefacts" {
  count  = var.make_bucket ? 1 : 0
  bucket = aws_s3_bucket.artefacts[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "artefacts" {
  count      = var.make_bucket ? 1 : 0
  bucket     = aws_s3_bucket.artefacts[0].id
  policy     = local.policies["bucket"]
  depends_on = [aws_s3_bucket_public_access_block.artefacts]
}

resource "aws_signer_signing_profile" "this" {
  name        = var.profile
  platform_id = "AWSLambda-SHA384-ECDSA"
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_lambda_code_signing_config" "this" {
  description = "signed-lambda-deploy: ${var.function}"
  allowed_publishers {
    signing_profile_version_arns = [aws_signer_signing_profile.this.version_arn]
  }
  policies {
    untrusted_artifact_on_deployment = "Enforce"
  }
}

resource "aws_iam_role" "this" {
  for_each    = local.trusts
  name        = "${each.key}-${var.function}"
  description = "signed-lambda-deploy: ${each.key} of ${var.function}"
  assume_role_policy = replace(
    local.trust[each.key], "\"arn:aws:", "\"arn:${data.aws_partition.this.partition}:"
  )
}

resource "aws_iam_role_policy" "this" {
  for_each = local.trusts
  name     = "signed-lambda-deploy"
  role     = aws_iam_role.this[each.key].name
  policy   = local.policies[each.key]
}

output "code_signing_config_arn" {
  description = "For the function: from then on Lambda refuses unsigned code."
  value       = aws_lambda_code_signing_config.this.arn
}

output "attach" {
  description = "Run this last, where the function is no resource of yours."
  value = join(" ", [
    "aws lambda put-function-code-signing-config --function-name ${var.function}",
    "--code-signing-config-arn ${aws_lambda_code_signing_config.this.arn}",
  ])
}
