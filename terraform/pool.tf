# Where the host is asked for: where it was found (pool), else the first of each list.

locals {
  instance_type     = var.pool != null ? var.pool.instance_type : var.instance_types != null ? var.instance_types[0] : var.instance_type
  market            = var.pool != null ? var.pool.market : trimsuffix(var.market, "-then-on-demand")
  pool_zone         = var.pool != null ? var.pool.zone : null
  first_zone        = var.zones != null ? var.zones[0] : var.availability_zone
  availability_zone = local.pool_zone != null ? local.pool_zone : local.first_zone
}

# As lease_hours: no file holds it.
variable "max_retries" {
  description = "How often the provider asks AWS again before it gives up. gpuinfra says less where it can ask for a host elsewhere."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = try(var.max_retries >= 1 && var.max_retries <= 25, false)
    error_message = "max_retries is ${jsonencode(var.max_retries)}; it must be from 1 to 25."
  }
}
