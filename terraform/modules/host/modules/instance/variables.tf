variable "name_prefix" {
  description = "Start of the names of role and profile"
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags; null: none but the provider's own"
  type        = map(string)
  default     = null
}

variable "region" {
  description = "Region of the host, for the messages"
  type        = string
  nullable    = false
}

variable "instance_type" {
  description = "EC2 instance type"
  type        = string
  nullable    = false
}

variable "market" {
  description = "How the host is bought: on-demand, spot or capacity-block"
  type        = string
  default     = "on-demand"
  nullable    = false
}

variable "max_price" {
  description = "The most that a spot host may cost, USD an hour; null: the on-demand price"
  type        = number
  default     = null
}

variable "capacity_reservation_id" {
  description = "Capacity reservation, or Capacity Block, for the host; null: none"
  type        = string
  default     = null
}

variable "image" {
  description = "Kind of image: nvidia, aws-nvidia or ubuntu"
  type        = string
  nullable    = false
}

variable "ami_id" {
  description = "An AMI instead of image"
  type        = string
  default     = null
}

variable "user_data_base64" {
  description = "What cloud-init runs, base64; empty when not rendered yet; null: nothing"
  type        = string
  default     = null
}

variable "dlc_access" {
  description = "Let the host's role pull AWS Deep Learning Containers"
  type        = bool
  default     = false
  nullable    = false
}

variable "shutdown_behavior" {
  description = "What `poweroff` on the host does: stop or terminate"
  type        = string
  nullable    = false
}

variable "access" {
  description = "How the host is reached: ssh (at its public address) or ssm (through Session Manager)"
  type        = string
  default     = "ssh"
  nullable    = false
}

variable "public_address" {
  description = "Whether the host gets a public address; with access = ssm it is the way out only"
  type        = bool
  default     = true
  nullable    = false
}

variable "key_name" {
  description = "EC2 key pair"
  type        = string
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of the host"
  type        = set(string)
  nullable    = false
}

variable "instance_profile" {
  description = "An instance profile of the account's; null: one of our own, with a role"
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "The policy that bounds what a role of our own may do; null: none"
  type        = string
  default     = null
}

variable "subnet_id" {
  description = "Subnet; null: one that AWS takes in the default VPC"
  type        = string
  default     = null
}

variable "availability_zone" {
  description = "Zone; null: one that AWS takes"
  type        = string
  default     = null
}

variable "root_volume_size_gb" {
  description = "Root volume, GiB"
  type        = number
  nullable    = false
}

variable "root_volume_iops" {
  description = "Operations per second of the root volume"
  type        = number
  nullable    = false
}

variable "root_volume_throughput_mib_s" {
  description = "Throughput of the root volume, MiB/s"
  type        = number
  nullable    = false
}

variable "kms_key_id" {
  description = "ARN of the KMS key of the root volume; null: the account's own for EBS"
  type        = string
  default     = null
}

variable "elastic_ip" {
  description = "A public address that outlives stop and start"
  type        = bool
  default     = false
  nullable    = false
}

variable "settings" {
  description = "Tags for the instance alone, by which settings reach a living host"
  type        = map(string)
  default     = {}
  nullable    = false
}
