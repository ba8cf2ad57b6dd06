variable "name_prefix" {
  description = "Start of the group's name"
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags; null: none but the provider's own"
  type        = map(string)
  default     = null
}

variable "vpc_id" {
  description = "VPC of the host; null only when the caller has already refused"
  type        = string
}

variable "allowed_cidrs" {
  description = "Who may reach port 22: IPv4 or IPv6 CIDR blocks"
  type        = list(string)
  nullable    = false
}

variable "egress_ports" {
  description = "TCP ports that the host may reach anywhere, by IPv4 and IPv6"
  type        = set(number)
  nullable    = false
}
