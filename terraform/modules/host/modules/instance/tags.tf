# The instance reads its own tags from the metadata service, by paths: EC2 refuses there what a path cannot
# hold, a space or a slash in a key. Such tags go on everything but the instance. What the caller's provider
# puts on everything cannot be kept from it; then reading tags is switched off, and `metadata_tags` says so.

locals {
  metadata_key = "^[0-9A-Za-z_+=,.@:-]{1,255}$"

  readable_tags = { for key, value in coalesce(var.tags, {}) : key => value if can(regex(local.metadata_key, key)) }
  all_tags      = merge(local.readable_tags, var.settings)
  instance_tags = length(local.all_tags) > 0 ? local.all_tags : null

  metadata_tags = alltrue([for key in keys(data.aws_default_tags.provider.tags) : can(regex(local.metadata_key, key))])
}

data "aws_default_tags" "provider" {}
