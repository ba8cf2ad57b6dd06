variable "tags" {
  description = "Tags; null: none but the provider's own"
  type        = map(string)
  default     = null
}

variable "region" {
  description = "Region of the network"
  type        = string
  nullable    = false
}

variable "instance_type" {
  description = "EC2 instance type of the host: not every zone has every type"
  type        = string
  nullable    = false
}

variable "availability_zone" {
  description = "Zone; null: the first that has the instance type"
  type        = string
  default     = null
}
