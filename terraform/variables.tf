# Over 200 lines: all decisions of a stack in one place, in the order of terraform.tfvars.example. What the
# module takes as it is, is checked there (modules/host/variables.tf); here stand the checks of what only this root has.

variable "stack" {
  description = "Name of this stack; part of every name and tag. One stack is one host with its own state."
  type        = string
  default     = "default"
  nullable    = false
}

variable "owner" {
  description = "Who answers for this host: a name or an e-mail address, in lower case. Goes into the tags."
  type        = string
  nullable    = false
}

variable "project" {
  description = "What the host is for; goes into the tags, to split the bill by."
  type        = string
  default     = "gpuinfra"
  nullable    = false
}

variable "tags" {
  description = "More tags for everything that is made. Name and gpuinfra:... are ours."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "region" {
  description = "AWS region. Prices, GPU types and quotas differ between regions."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is ${jsonencode(var.region)}; it must look like us-east-1."
  }
}

variable "availability_zone" {
  description = "Where in the region. null: AWS takes a zone that has capacity."
  type        = string
  default     = null

  validation {
    condition     = var.availability_zone == null || can(regex("^${var.region}[a-z0-9-]*[a-z]$", var.availability_zone))
    error_message = "availability_zone is ${jsonencode(var.availability_zone)}; it must be a zone of region ${var.region}, such as ${var.region}a, or be null."
  }
}

variable "subnet_id" {
  description = "A subnet of your own: public for access = ssh, public or private for ssm. null: the default VPC (for ssm see private_network)."
  type        = string
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", var.subnet_id))
    error_message = "subnet_id is ${jsonencode(var.subnet_id)}; it must look like subnet-0123456789abcdef0, or be null."
  }
}

variable "instance_type" {
  description = "EC2 instance type: the number of GPUs and most of the price. With instance_types those count."
  type        = string
  default     = "g4dn.xlarge"
  nullable    = false
}

variable "instance_types" {
  description = "In place of instance_type: types in order of preference; `gpuinfra up` takes the first that AWS has. null: instance_type alone."
  type        = list(string)
  default     = null

  validation {
    condition     = var.instance_types == null || try(length(var.instance_types) > 0 && length(distinct(var.instance_types)) == length(var.instance_types), false)
    error_message = "instance_types is ${jsonencode(var.instance_types)}; it must have one type at least, and none twice, or be null."
  }

  validation {
    condition     = var.instance_types == null || try(alltrue([for name in var.instance_types : can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", name))]), false)
    error_message = "instance_types is ${jsonencode(var.instance_types)}; each must look like g4dn.xlarge."
  }
}

variable "zones" {
  description = "In place of availability_zone: zones in which `gpuinfra up` asks for the host, in order. null: availability_zone alone."
  type        = list(string)
  default     = null

  validation {
    condition     = var.zones == null || try(length(var.zones) > 0 && length(distinct(var.zones)) == length(var.zones), false)
    error_message = "zones is ${jsonencode(var.zones)}; it must have one zone at least, and none twice, or be null."
  }

  validation {
    condition     = var.zones == null || try(alltrue([for zone in var.zones : can(regex("^${var.region}[a-z0-9-]*[a-z]$", zone))]), false)
    error_message = "zones is ${jsonencode(var.zones)}; each must be a zone of region ${var.region}, such as ${var.region}a."
  }
}

variable "market" {
  description = "How the host is bought: on-demand, spot (cheaper; AWS may take it back, and its disk with it), spot-then-on-demand, or capacity-block (needs capacity_reservation_id). A host that lives keeps its own."
  type        = string
  default     = "on-demand"
  nullable    = false

  validation {
    condition     = contains(["on-demand", "spot", "spot-then-on-demand", "capacity-block"], var.market)
    error_message = "market is ${jsonencode(var.market)}; it must be on-demand, spot, spot-then-on-demand or capacity-block."
  }
}

variable "max_price" {
  description = "The most that a spot host may cost, in USD an hour. null: the on-demand price."
  type        = number
  default     = null

  validation {
    condition     = var.max_price == null || contains(["spot", "spot-then-on-demand"], var.market)
    error_message = "max_price is ${jsonencode(var.max_price)}, and market is ${jsonencode(var.market)}; it is for market = \"spot\" or \"spot-then-on-demand\" only. Set one of them, or max_price to null."
  }

  # Here, too: the module gets it for a spot host only.
  validation {
    condition     = try(var.max_price >= 0.001, var.max_price == null)
    error_message = "max_price is ${jsonencode(var.max_price)}; it must be 0.001 or more, in USD an hour, or null."
  }
}

variable "capacity_reservation_id" {
  description = "A capacity reservation of the account's, or the Capacity Block of market = capacity-block, in which the host is to run: its type and zone must be those of the host. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.capacity_reservation_id == null || try(length(var.instance_types) == 1, var.instance_types == null)
    error_message = "capacity_reservation_id is ${jsonencode(var.capacity_reservation_id)}, and instance_types is ${jsonencode(var.instance_types)}: a reservation is for one type. Name that one alone, or set capacity_reservation_id to null."
  }

  validation {
    condition     = var.capacity_reservation_id == null || try(length(var.zones) == 1, var.zones == null)
    error_message = "capacity_reservation_id is ${jsonencode(var.capacity_reservation_id)}, and zones is ${jsonencode(var.zones)}: a reservation is in one zone. Name that one alone, or set capacity_reservation_id to null."
  }

  validation {
    condition     = var.capacity_reservation_id == null || var.market != "spot-then-on-demand"
    error_message = "capacity_reservation_id is ${jsonencode(var.capacity_reservation_id)}, and market is ${jsonencode(var.market)}: no spot host runs in a reservation. Set market to \"on-demand\" or \"capacity-block\", or capacity_reservation_id to null."
  }
}

variable "pool" {
  description = "Where the host was found: `gpuinfra up` writes it to pool.auto.tfvars.json, so that the next plan asks for the same. null: the first of each list."
  type = object({
    instance_type = string
    market        = string
    zone          = optional(string)
  })
  default = null

  validation {
    condition     = var.pool == null || try(contains(["on-demand", "spot", "capacity-block"], var.pool.market), false)
    error_message = "pool is ${jsonencode(var.pool)}; its market must be on-demand, spot or capacity-block. gpuinfra writes it: remove pool.auto.tfvars.json."
  }
}

variable "image" {
  description = "What the host is made from: nvidia or aws-nvidia for GPU types, ubuntu for CPU types."
  type        = string
  default     = "nvidia"
  nullable    = false
}

variable "ami_id" {
  description = "An AMI of your own instead of image; Ubuntu inside, as the login is ubuntu. null: look image up."
  type        = string
  default     = null
}

variable "shutdown_behavior" {
  description = "What `sudo poweroff` on the host does: stop keeps the root volume, terminate deletes host and volume."
  type        = string
  default     = "stop"
  nullable    = false
}

variable "max_usd" {
  description = "AWS stops the host when it has cost so many dollars since it was made, its disk included. `gpuinfra up` finds the price. null: no limit."
  type        = number
  default     = null
}

variable "max_hours" {
  description = "In place of max_usd: AWS stops the host when it has run so many hours since it was made. null: no limit."
  type        = number
  default     = null
}

variable "stopped_days" {
  description = "AWS terminates the host, and deletes its disk, so many days after the end of its lease (max_usd, max_hours). null: never."
  type        = number
  default     = null
}

variable "installer" {
  description = "Which conda the host gets: miniconda or miniforge. Read when cloud-init/ is rendered, not by any resource."
  type        = string
  default     = "miniconda"
  nullable    = false

  validation {
    condition     = contains(["miniconda", "miniforge"], var.installer)
    error_message = "installer is ${jsonencode(var.installer)}; it must be miniconda or miniforge."
  }
}

variable "root_volume_size_gb" {
  description = "Root volume, GiB; at least the size of the image. Costs money while the host is stopped, too."
  type        = number
  default     = 128
  nullable    = false
}

variable "root_volume_iops" {
  description = "Operations per second of the root volume. 3000 come with the volume; more costs money."
  type        = number
  default     = 3000
  nullable    = false
}

variable "root_volume_throughput_mib_s" {
  description = "Throughput of the root volume, MiB/s. 125 come with the volume; more costs money."
  type        = number
  default     = 125
  nullable    = false
}

variable "access" {
  description = "How the host is reached: ssh at a public address, or ssm: no open port, Session Manager carries ssh (experimental)."
  type        = string
  default     = "ssh"
  nullable    = false
}

variable "elastic_ip" {
  description = "A public address that stays the same through stop and start; costs money while the host is stopped, too. Only for access = ssh."
  type        = bool
  default     = false
  nullable    = false
}

variable "private_network" {
  description = "With access = ssm and no subnet_id. null: the default VPC; a public address is the way out, nobody is let in. nat: a network of its own behind a NAT gateway, which costs money by the hour."
  type        = string
  default     = null
}

variable "allowed_cidrs" {
  description = "Who may reach port 22: CIDR blocks, IPv4 no wider than /24, IPv6 no wider than /64. []: nobody. Not used with access = ssm."
  type        = list(string)
  nullable    = false
}

variable "public_key_path" {
  description = "Public half of the SSH key for the host; the private half stays beside it on this machine."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.public_key_path, ".pub")
    error_message = "public_key_path is ${jsonencode(var.public_key_path)}; it must name the public half, which ends in .pub, such as ~/.ssh/id_ed25519.pub."
  }
}

variable "egress_ports" {
  description = "TCP ports that the host may reach anywhere. DNS, time and metadata of AWS always work. Add 22 for git over SSH."
  type        = set(number)
  default     = [80, 443]
  nullable    = false
}

variable "dlc_access" {
  description = "Let the host's role pull AWS Deep Learning Containers (gpuinfra dlc run)."
  type        = bool
  default     = false
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of your account's own, in place of ours: who gets in and out is decided by their rules alone. null: one is made."
  type        = set(string)
  default     = null
}

variable "key_name" {
  description = "A key pair of your account's own, in place of ours; public_key_path names its public half here. null: one is made."
  type        = string
  default     = null
}

variable "instance_profile" {
  description = "An instance profile of your account's own, by its name: no role is made. null: one is made."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that your account demands as boundary of every role. null: none."
  type        = string
  default     = null
}

variable "kms_key_id" {
  description = "ARN of a KMS key of your account's own for the disk. null: the account's key for EBS. Editing it replaces the host."
  type        = string
  default     = null
}

variable "ignore_tag_prefixes" {
  description = "Tags whose keys begin so are others': left alone where your organisation puts them on our things. null: none."
  type        = set(string)
  default     = null

  validation {
    condition     = var.ignore_tag_prefixes == null || try(alltrue([for prefix in var.ignore_tag_prefixes : prefix != "" && !startswith(prefix, "gpuinfra:") && !anytrue([for key in concat(["Name", "gpuinfra:"], keys(var.tags)) : startswith(key, prefix)])]), false)
    error_message = "ignore_tag_prefixes is ${jsonencode(var.ignore_tag_prefixes)}; none may be empty, or be the start of Name, of gpuinfra: or of a key of tags, which are ours."
  }
}

variable "budget_usd" {
  description = "AWS mails budget_email when the cost of this stack in a month reaches 50, 80 and 100 % of so many US dollars. A mail, no cap; needs budget_email. null: no budget."
  type        = number
  default     = null
}

variable "budget_email" {
  description = "Who gets those mails. Needs budget_usd."
  type        = string
  default     = null
}

variable "job_time_limit" {
  description = "How long a job may run that has no --time-limit of its own: 90s, 30m, 12h or 1d. null: for ever. Reaches a running host."
  type        = string
  default     = null
}

# any: of an object type Terraform would drop a misspelled name in silence, and the default would hold.
variable "guard" {
  description = "Ends the host when nobody uses it: idle_minutes, warn_minutes, max_hours, off_hours. null: no guard. Reaches a running host."
  type        = any
  default     = { "idle_minutes" : 60, "warn_minutes" : 10 }

  validation {
    condition     = var.guard == null || try(length(setsubtract(keys(var.guard), ["idle_minutes", "max_hours", "warn_minutes", "off_hours"])) == 0, false)
    error_message = "guard is ${jsonencode(var.guard)}; it must be { idle_minutes, warn_minutes, max_hours, off_hours }, each of them or not, or null."
  }
}
