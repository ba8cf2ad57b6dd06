# Over 200 lines: every decision about a host in one place. A validation checks what the text alone can
# tell; what only AWS knows is checked by conditions on the resources, so that nothing blocks destroy.

variable "stack" {
  description = "Name of this stack; part of every name and tag. One stack is one host with its own state."
  type        = string
  default     = "default"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.stack))
    error_message = "stack is ${jsonencode(var.stack)}; it must be 1 to 32 of a-z, 0-9 and -, a letter first."
  }
}

variable "owner" {
  description = "Who answers for this host: a name or an e-mail address, in lower case. Goes into the tags. null: no such tag."
  type        = string
  default     = null

  validation {
    condition     = var.owner == null || can(regex("^[a-z][a-z0-9.@-]{0,63}$", var.owner))
    error_message = "owner is ${jsonencode(var.owner)}; it must be 1 to 64 of a-z, 0-9, -, . and @, a letter first."
  }
}

variable "project" {
  description = "What the host is for; goes into the tags, to split the bill by."
  type        = string
  default     = "gpuinfra"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.project))
    error_message = "project is ${jsonencode(var.project)}; it must be 1 to 32 of a-z, 0-9 and -, a letter first."
  }
}

variable "tags" {
  description = "More tags for everything that is made. Name and gpuinfra:... are ours. Keys with a space or / go on everything but the instance."
  type        = map(string)
  default     = {}
  nullable    = false

  # The characters that IAM takes, which is the strictest of all that get these tags.
  validation {
    condition     = alltrue([for key in keys(var.tags) : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !can(regex("^(?i)(aws:|gpuinfra:|name$)", key))])
    error_message = "tags has the keys ${jsonencode(keys(var.tags))}; a key is 1 to 128 of letters, digits, spaces and + - = . _ : / @, and neither Name nor starting with aws: or gpuinfra:, in any case."
  }

  # So does IAM: for EC2 Team and team are two keys.
  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags has the keys ${jsonencode(keys(var.tags))}; no two may differ in capitals only."
  }

  validation {
    condition     = length(var.tags) <= 40 && alltrue([for value in values(var.tags) : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags is ${jsonencode(var.tags)}; at most 40 tags are allowed, and a value is at most 256 of letters, digits, spaces and + - = . _ : / @."
  }
}

variable "availability_zone" {
  description = "Where in the region. null: AWS takes a zone that has capacity."
  type        = string
  default     = null
}

variable "subnet" {
  description = "A subnet of your own, which may be made in the same apply: public for access = ssh, public or private for ssm. null: the default VPC (for ssm see private_network)."
  type        = object({ id = string })
  default     = null

  validation {
    condition     = var.subnet == null || can(regex("^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", var.subnet.id))
    error_message = "subnet is ${jsonencode(var.subnet)}; its id must look like subnet-0123456789abcdef0, or subnet be null."
  }
}

variable "instance_type" {
  description = "EC2 instance type: the number of GPUs and most of the price."
  type        = string
  default     = "g4dn.xlarge"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type is ${jsonencode(var.instance_type)}; it must look like g4dn.xlarge."
  }
}

variable "market" {
  description = "How the host is bought: on-demand, spot (cheaper; AWS may take it back, and its disk with it), or capacity-block (needs capacity_reservation_id). A host that lives keeps its own."
  type        = string
  default     = "on-demand"
  nullable    = false

  validation {
    condition     = contains(["on-demand", "spot", "capacity-block"], var.market)
    error_message = "market is ${jsonencode(var.market)}; it must be on-demand, spot or capacity-block."
  }
}

variable "max_price" {
  description = "The most that a spot host may cost, in USD an hour. null: the on-demand price."
  type        = number
  default     = null

  validation {
    condition     = try(var.max_price >= 0.001, var.max_price == null)
    error_message = "max_price is ${jsonencode(var.max_price)}; it must be 0.001 or more, in USD an hour, or null."
  }

  validation {
    condition     = var.max_price == null || var.market == "spot"
    error_message = "max_price is ${jsonencode(var.max_price)}, and market is ${jsonencode(var.market)}; it is for market = \"spot\" only. Set one of them, or max_price to null."
  }
}

variable "capacity_reservation_id" {
  description = "A capacity reservation of the account's, or the Capacity Block of market = capacity-block, in which the host is to run: its type and zone must be those of the host. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.capacity_reservation_id == null || can(regex("^cr-([0-9a-f]{8}|[0-9a-f]{17})$", var.capacity_reservation_id))
    error_message = "capacity_reservation_id is ${jsonencode(var.capacity_reservation_id)}; it must look like cr-0123456789abcdef0, or be null."
  }

  validation {
    condition     = var.market != "capacity-block" || var.capacity_reservation_id != null
    error_message = "market is \"capacity-block\", and capacity_reservation_id is null; it must be the id of the block that was bought, such as cr-0123456789abcdef0."
  }

  validation {
    condition     = var.capacity_reservation_id == null || var.market != "spot"
    error_message = "capacity_reservation_id is ${jsonencode(var.capacity_reservation_id)}, and market is \"spot\": no spot host runs in a reservation. Set market to \"on-demand\" or \"capacity-block\", or capacity_reservation_id to null."
  }
}

variable "image" {
  description = "What the host is made from: nvidia or aws-nvidia for GPU types, ubuntu for CPU types."
  type        = string
  default     = "nvidia"
  nullable    = false

  validation {
    condition     = contains(["nvidia", "aws-nvidia", "ubuntu"], var.image)
    error_message = "image is ${jsonencode(var.image)}; it must be nvidia, aws-nvidia or ubuntu. For an AMI of your own set ami_id."
  }
}

variable "ami_id" {
  description = "An AMI of your own instead of image; Ubuntu inside, as the login is ubuntu. null: look image up."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null || can(regex("^ami-([0-9a-f]{8}|[0-9a-f]{17})$", var.ami_id))
    error_message = "ami_id is ${jsonencode(var.ami_id)}; it must look like ami-0123456789abcdef0, or be null."
  }
}

variable "shutdown_behavior" {
  description = "What `sudo poweroff` on the host does: stop keeps the root volume, terminate deletes host and volume."
  type        = string
  default     = "stop"
  nullable    = false

  validation {
    condition     = contains(["stop", "terminate"], var.shutdown_behavior)
    error_message = "shutdown_behavior is ${jsonencode(var.shutdown_behavior)}; it must be stop or terminate."
  }
}

variable "max_usd" {
  description = "AWS stops the host when it has cost so many dollars since it was made, its disk included. `gpuinfra up` finds the price. null: no limit."
  type        = number
  default     = null

  validation {
    condition     = try(var.max_usd > 0, var.max_usd == null)
    error_message = "max_usd is ${jsonencode(var.max_usd)}; it must be a sum above 0, such as 20, or null."
  }
}

variable "max_hours" {
  description = "In place of max_usd: AWS stops the host when it has run so many hours since it was made. null: no limit."
  type        = number
  default     = null

  validation {
    condition     = try(var.max_hours > 0, var.max_hours == null)
    error_message = "max_hours is ${jsonencode(var.max_hours)}; it must be a number above 0, such as 10, or null."
  }
}

variable "stopped_days" {
  description = "AWS terminates the host, and deletes its disk, so many days after the end of its lease (max_usd, max_hours). null: never."
  type        = number
  default     = null

  validation {
    condition     = try(var.stopped_days >= 1, var.stopped_days == null)
    error_message = "stopped_days is ${jsonencode(var.stopped_days)}; it must be 1 or more, or null."
  }
}

variable "lease_hours" {
  description = "For how long the host may run from now on, in hours, by the lease (max_usd, max_hours). gpuinfra says it at each apply; null: max_hours."
  type        = number
  default     = null
}

variable "user_data_base64" {
  description = "What cloud-init runs at the first boot, base64; `gpuinfra plan` renders it. null: the image as it comes, without conda and environment (see the output bootstrapped)."
  type        = string
  default     = null
}

variable "root_volume_size_gb" {
  description = "Root volume, GiB; at least the size of the image. Costs money while the host is stopped, too."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = var.root_volume_size_gb >= 8 && var.root_volume_size_gb <= 65536 && floor(var.root_volume_size_gb) == var.root_volume_size_gb
    error_message = "root_volume_size_gb is ${var.root_volume_size_gb}; it must be a whole number from 8 to 65536."
  }
}

variable "root_volume_iops" {
  description = "Operations per second of the root volume. 3000 come with the volume; more costs money."
  type        = number
  default     = 3000
  nullable    = false

  validation {
    condition     = var.root_volume_iops >= 3000 && var.root_volume_iops <= min(80000, max(3000, 500 * var.root_volume_size_gb)) && floor(var.root_volume_iops) == var.root_volume_iops
    error_message = "root_volume_iops is ${var.root_volume_iops}; for ${var.root_volume_size_gb} GiB it must be a whole number from 3000 to ${min(80000, max(3000, 500 * var.root_volume_size_gb))}."
  }
}

variable "root_volume_throughput_mib_s" {
  description = "Throughput of the root volume, MiB/s. 125 come with the volume; more costs money."
  type        = number
  default     = 125
  nullable    = false

  validation {
    condition     = var.root_volume_throughput_mib_s >= 125 && var.root_volume_throughput_mib_s <= min(2000, floor(var.root_volume_iops / 4)) && floor(var.root_volume_throughput_mib_s) == var.root_volume_throughput_mib_s
    error_message = "root_volume_throughput_mib_s is ${var.root_volume_throughput_mib_s}; for ${var.root_volume_iops} IOPS it must be a whole number from 125 to ${min(2000, floor(var.root_volume_iops / 4))}."
  }
}

variable "access" {
  description = "How the host is reached: ssh at a public address, or ssm: no open port, Session Manager carries ssh (experimental)."
  type        = string
  default     = "ssh"
  nullable    = false

  validation {
    condition     = contains(["ssh", "ssm"], var.access)
    error_message = "access is ${jsonencode(var.access)}; it must be ssh or ssm."
  }
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

  # "endpoints" was one; a validation would keep its hosts from being destroyed: the output vpc_id refuses it.
  validation {
    condition     = var.private_network == null ? true : contains(["nat", "endpoints"], var.private_network)
    error_message = "private_network is ${jsonencode(var.private_network)}; it must be nat, or be null."
  }
}

variable "allowed_cidrs" {
  description = "Who may reach port 22: CIDR blocks, IPv4 no wider than /24, IPv6 no wider than /64. []: nobody. Not used with access = ssm."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : try(cidrsubnet(cidr, 0, 0) == cidr, false)])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; each must be a CIDR block in its shortest form with no bits set beyond its length, such as 203.0.113.7/32 or 2001:db8:1:2::/64."
  }

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : try(tonumber(split("/", cidr)[1]) >= (strcontains(cidr, ":") ? 64 : 24), true)])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; no block may be wider than /24 (IPv4) or /64 (IPv6). Your own address alone is a /32."
  }

  # This machine, this wire, groups of receivers, reserved: nobody comes from there.
  validation {
    condition     = !anytrue([for cidr in var.allowed_cidrs : can(regex("^((0|127|169\\.254|22[4-9]|2[345][0-9])\\.|::1?/|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)", lower(cidr)))])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; nobody comes from a loopback, link-local, multicast or reserved address. Your public address: curl https://checkip.amazonaws.com"
  }

  # EC2 takes 60 rules in one direction, if nobody asked for more.
  validation {
    condition     = length(var.allowed_cidrs) <= 50
    error_message = "allowed_cidrs has ${length(var.allowed_cidrs)} blocks; at most 50 are allowed."
  }
}

variable "public_key" {
  description = "Text of the public half of an SSH key: ed25519 or RSA. Not used with key_name."
  type        = string
  default     = ""
  nullable    = false
}

variable "egress_ports" {
  description = "TCP ports that the host may reach anywhere. DNS, time and metadata of AWS always work. Add 22 for git over SSH."
  type        = set(number)
  default     = [80, 443]
  nullable    = false

  validation {
    condition     = alltrue([for port in var.egress_ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "egress_ports is ${jsonencode(var.egress_ports)}; each must be a whole number from 1 to 65535."
  }

  validation {
    condition     = var.access != "ssm" || contains(var.egress_ports, 443)
    error_message = "egress_ports is ${jsonencode(var.egress_ports)}; with access = ssm it must hold 443, by which the host reaches Session Manager."
  }
}

variable "dlc_access" {
  description = "Let the host's role pull AWS Deep Learning Containers (gpuinfra dlc run)."
  type        = bool
  default     = false
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of the account's own, in place of ours: who gets in and out is decided by their rules alone. null: one of our own."
  type        = set(string)
  default     = null

  validation {
    condition     = var.security_group_ids == null || try(length(var.security_group_ids) >= 1 && length(var.security_group_ids) <= 16 && alltrue([for id in var.security_group_ids : can(regex("^sg-([0-9a-f]{8}|[0-9a-f]{17})$", id))]), false)
    error_message = "security_group_ids is ${jsonencode(var.security_group_ids)}; it must be 1 to 16 ids that look like sg-0123456789abcdef0, or null."
  }
}

variable "key_name" {
  description = "A key pair of the account's own, in place of ours: counts when the host is made. null: one is made of public_key."
  type        = string
  default     = null

  validation {
    condition     = var.key_name == null || can(regex("^[!-~]([ -~]{0,253}[!-~])?$", var.key_name))
    error_message = "key_name is ${jsonencode(var.key_name)}; it must be the name of a key pair in EC2, 1 to 255 plain characters, or null."
  }
}

variable "instance_profile" {
  description = "An instance profile of the account's own, by its name: no role is made. Its role must let Session Manager in where access = ssm. null: one of our own."
  type        = string
  default     = null

  validation {
    condition     = var.instance_profile == null || can(regex("^[0-9A-Za-z_+=,.@-]{1,128}$", var.instance_profile))
    error_message = "instance_profile is ${jsonencode(var.instance_profile)}; it must be the name of an instance profile in IAM (not its ARN), or null."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that the account demands as boundary of every role. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}; it must look like arn:aws:iam::123456789012:policy/boundary, or be null."
  }
}

variable "kms_key_id" {
  description = "ARN of a KMS key of the account's own for the disk. null: the account's key for EBS. Editing it replaces the host."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_id == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9A-Za-z-]+$", var.kms_key_id))
    error_message = "kms_key_id is ${jsonencode(var.kms_key_id)}; it must be the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab, or null. That of an alias: aws kms describe-key --key-id alias/NAME --query KeyMetadata.Arn"
  }
}

variable "budget_usd" {
  description = "AWS mails budget_email when the cost of this stack in a month reaches 50, 80 and 100 % of so many US dollars. A mail, no cap; needs budget_email. null: no budget."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd == null || try(var.budget_usd >= 1 && var.budget_usd <= 1000000, false)
    error_message = "budget_usd is ${jsonencode(var.budget_usd)}; it must be from 1 to 1000000 US dollars a month, or null."
  }

  validation {
    condition     = (var.budget_usd == null) == (var.budget_email == null)
    error_message = "budget_usd is ${jsonencode(var.budget_usd)} and budget_email is ${jsonencode(var.budget_email)}; set both, since a budget is nothing but a mail, or both to null."
  }
}

variable "budget_email" {
  description = "Who gets those mails. Needs budget_usd."
  type        = string
  default     = null

  validation {
    condition     = var.budget_email == null || can(regex("^[^@ ,;<>]+@[0-9A-Za-z-]+([.][0-9A-Za-z-]+)+$", var.budget_email))
    error_message = "budget_email is ${jsonencode(var.budget_email)}; it must be one mail address, such as ada@example.com, or null."
  }
}

variable "job_time_limit" {
  description = "How long a job may run that has no --time-limit of its own: 90s, 30m, 12h or 1d. null: for ever. Reaches a running host."
  type        = string
  default     = null

  validation {
    condition     = var.job_time_limit == null || can(regex("^[1-9][0-9]*[smhd]$", var.job_time_limit))
    error_message = "job_time_limit is ${jsonencode(var.job_time_limit)}; it must be a whole number and s, m, h or d, such as 12h, or null."
  }
}

variable "guard" {
  description = "Ends the host when nobody uses it for idle_minutes (0: never), or once it has been on for max_hours since its start, in use or not. Terminals are warned warn_minutes before. In off_hours (\"20-08\", UTC, or \"20-08 Europe/Berlin\") twice warn_minutes are enough. null: no guard. Reaches a running host."
  type = object({
    idle_minutes = optional(number, 60)
    warn_minutes = optional(number, 10)
    max_hours    = optional(number)
    off_hours    = optional(string)
  })
  default = { "idle_minutes" : 60, "warn_minutes" : 10 }

  validation {
    condition     = var.guard == null || try(var.guard.idle_minutes == 0 || (var.guard.idle_minutes >= 5 && var.guard.idle_minutes <= 10080 && floor(var.guard.idle_minutes) == var.guard.idle_minutes), false)
    error_message = "guard.idle_minutes is ${jsonencode(try(var.guard.idle_minutes, null))}; it must be a whole number from 5 to 10080 (a week), or 0 for never."
  }

  validation {
    condition     = var.guard == null || try(var.guard.warn_minutes >= 1 && var.guard.warn_minutes <= 60 && floor(var.guard.warn_minutes) == var.guard.warn_minutes && (var.guard.idle_minutes == 0 || var.guard.warn_minutes * 2 <= var.guard.idle_minutes || var.guard.warn_minutes == 10), false)
    error_message = "guard.warn_minutes is ${jsonencode(try(var.guard.warn_minutes, null))}; it must be a whole number from 1 to 60, and at most half of idle_minutes."
  }

  validation {
    condition     = try(var.guard.max_hours, null) == null || try(var.guard.max_hours >= 1 && var.guard.max_hours <= 8760, false)
    error_message = "guard.max_hours is ${jsonencode(try(var.guard.max_hours, null))}; it must be a number from 1 to 8760 (a year), or null."
  }

  validation {
    condition     = try(var.guard.off_hours, null) == null || can(regex("^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])( [A-Za-z_]+(/[A-Za-z_+-]+[0-9]*){0,2})?$", var.guard.off_hours))
    error_message = "guard.off_hours is ${jsonencode(try(var.guard.off_hours, null))}; it must be two hours in UTC such as \"20-08\", or with a time zone \"20-08 Europe/Berlin\", or null."
  }
}
