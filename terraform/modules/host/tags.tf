# Names and tags of everything, and the settings that a living host reads from its own tags.

locals {
  name = "gpuinfra-${var.stack}"

  wanted_tags = merge(var.tags, { for key, value in {
    "Name"             = local.name
    "gpuinfra:project" = var.project
    "gpuinfra:stack"   = var.stack
    "gpuinfra:owner"   = var.owner
  } : key => value if value != null })

  # Without what the caller's provider puts on everything by itself: a host that got its tags from there
  # would change. Nor an empty map, which is a change for a security group's rules where null is none.
  own_tags = { for key, value in local.wanted_tags : key => value if lookup(data.aws_default_tags.provider.tags, key, null) != value }
  tags     = length(local.own_tags) > 0 ? local.own_tags : null

  # gpuinfra/host/guard/limits.py reads it; a warning longer than half of idle_minutes is half of it there.
  guard = var.guard == null ? "off" : join(" ", compact([
    "idle=${var.guard.idle_minutes}",
    "warn=${var.guard.warn_minutes}",
    var.guard.max_hours == null ? "" : "max=${var.guard.max_hours}",
    var.guard.off_hours == null ? "" : "off=${replace(var.guard.off_hours, " ", "@")}",
  ]))

  # On the instance alone, which reads them from its metadata service: an apply changes them in place,
  # while the host runs, without ssh. Short values, never a secret: whoever may describe instances sees them.
  settings = { for key, value in {
    "gpuinfra:job-time-limit" = var.job_time_limit
    "gpuinfra:guard"          = local.guard
  } : key => value if value != null }
}

data "aws_default_tags" "provider" {}
