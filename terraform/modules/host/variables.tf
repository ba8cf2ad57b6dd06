# All decisions of a stack in one place, hence over 200 lines; in the order of terraform.tfvars.example.
# A validation checks what the text alone can tell; what only AWS or the disk knows is checked by
# conditions on the resources.

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
  description = "Who answers for this host: a name or an e-mail address, in lower case. Goes into the tags."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9.@-]{0,63}$", var.owner))
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

variable "region" {
  description = "AWS region. Prices, GPU types and quotas differ between regions."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is ${jsonencode(var.region)}; it must look like us-east-1."
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

variable "access" {
  description = "How the host is reached: ssh at a public address, or ssm: no public address, no open port (experimental)."
  type        = string
  default     = "ssh"
  nullable    = false

  validation {
    condition     = contains(["ssh", "ssm"], var.access)
    error_message = "access is ${jsonencode(var.access)}; it must be ssh or ssm."
  }
}

variable "private_network" {
  description = "With access = ssm and no subnet_id: nat reaches everywhere, endpoints reach Session Manager and S3 only."
  type        = string
  default     = "nat"
  nullable    = false

  validation {
    condition     = contains(["nat", "endpoints"], var.private_network)
    error_message = "private_network is ${jsonencode(var.private_network)}; it must be nat or endpoints."
  }
}

variable "subnet_id" {
  description = "A subnet of your own: public for access = ssh, private for ssm. null: the default VPC, for ssm a new network."
  type        = string
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("^subnet-([0-9a-f]{8}|[0-9a-f]{17})$", var.subnet_id))
    error_message = "subnet_id is ${jsonencode(var.subnet_id)}; it must look like subnet-0123456789abcdef0, or be null."
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

variable "allowed_cidrs" {
  description = "Who may reach port 22: CIDR blocks, IPv4 no wider than /24, IPv6 no wider than /64. []: nobody. Not used with access = ssm."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : try(cidrsubnet(cidr, 0, 0) == cidr, false)])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; each must be a CIDR block in its shortest form with no bits set beyond its length, such as 203.0.113.7/32 or 2001:db8:1:2::/64."
  }

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : try(tonumber(split("/", cidr)[1]) >= (strcontains(cidr, ":") ? 64 : 24), true)])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; no block may be wider than /24 (IPv4) or /64 (IPv6). Your own address alone is a /32."
  }
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

variable "public_key_path" {
  description = "Public half of the SSH key for the host; the private half stays beside it on this machine."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.public_key_path, ".pub")
    error_message = "public_key_path is ${jsonencode(var.public_key_path)}; it must name the public half, which ends in .pub, such as ~/.ssh/id_ed25519.pub."
  }
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

variable "dlc_access" {
  description = "Let the host's role pull AWS Deep Learning Containers (gpuinfra dlc run)."
  type        = bool
  default     = false
  nullable    = false
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

variable "tags" {
  description = "More tags for everything that is made. Name and gpuinfra:... are ours."
  type        = map(string)
  default     = {}
  nullable    = false

  # The characters that the instance metadata service accepts: the host can read its own tags.
  validation {
    condition     = alltrue([for key in keys(var.tags) : can(regex("^[A-Za-z0-9+=.,_:@-]{1,128}$", key)) && !can(regex("^([aA][wW][sS]:|gpuinfra:|Name$)", key))])
    error_message = "tags has the keys ${jsonencode(keys(var.tags))}; a key is 1 to 128 of letters, digits and + - = . , _ : @, and neither Name nor starting with aws: or gpuinfra:."
  }

  validation {
    condition     = length(var.tags) <= 40 && alltrue([for value in values(var.tags) : length(value) <= 256])
    error_message = "tags has ${length(var.tags)} tags; at most 40 are allowed, and no value may be longer than 256 characters."
  }
}
