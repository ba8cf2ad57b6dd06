# The one value that no file holds: it is true at the moment of an apply only.

variable "lease_hours" {
  description = "For how long the host may run from now on, in hours, by the lease (max_usd, max_hours). gpuinfra says it at each apply; null: max_hours."
  type        = number
  default     = null

  validation {
    condition     = try(var.lease_hours >= 0, var.lease_hours == null)
    error_message = "lease_hours is ${jsonencode(var.lease_hours)}; it must be a number of hours, or null."
  }
}
