# One output for each field of Host in gpuinfra/ground/model.py, in its order; then what others need.

output "stack" {
  description = "Name of the stack"
  value       = module.host.stack
}

output "owner" {
  description = "Who answers for the host"
  value       = module.host.owner
}

output "region" {
  description = "AWS region of the host"
  value       = terraform_data.region.input
}

output "instance_id" {
  description = "EC2 instance id"
  value       = module.host.instance_id
}

output "instance_type" {
  description = "EC2 instance type"
  value       = module.host.instance_type

  # Here, not in the module, whose caller may bring first-boot instructions of another kind.
  precondition {
    condition     = local.architecture == "x86_64"
    error_message = "Instance type ${local.instance_type} has processors of Arm's (arm64), and conda, the environment and the checks of the first boot are for x86_64. Set instance_type in terraform.tfvars to a type for x86_64, such as ${local.nearest}."
  }
}

output "gpu_count" {
  description = "Number of NVIDIA GPUs of the instance type"
  value       = module.host.gpu_count
}

output "image" {
  description = "Kind of image that the host was made from: nvidia, aws-nvidia, ubuntu, or custom (ami_id)"
  value       = module.host.image
}

output "ami_id" {
  description = "AMI that the host was made from"
  value       = module.host.ami_id
}

output "ami_name" {
  description = "Name of that AMI; its id where the name is not known"
  value       = module.host.ami_name
}

output "availability_zone" {
  description = "Availability zone of the host"
  value       = module.host.availability_zone
}

output "market" {
  description = "How the host is bought: on-demand, spot or capacity-block"
  value       = module.host.market
}

output "access" {
  description = "How the host is reached: ssh (at its public address) or ssm (through Session Manager)"
  value       = module.host.access
}

output "public_ip" {
  description = "Public IPv4 address; a new one after every stop and start but with elastic_ip. With access = ssm the way out only, or none"
  value       = module.host.public_ip
}

output "private_ip" {
  description = "Private IPv4 address"
  value       = module.host.private_ip
}

output "ssh_user" {
  description = "Login of the image"
  value       = module.host.ssh_user
}

output "key_name" {
  description = "Name of the EC2 key pair"
  value       = module.host.key_name
}

output "private_key_path" {
  description = "Where the private key is on this machine: public_key_path without .pub"
  value       = trimsuffix(var.public_key_path, ".pub")
}

output "security_group_id" {
  description = "Security group that gpuinfra made; null with security_group_ids"
  value       = module.host.security_group_id
}

output "security_group_ids" {
  description = "Security groups of the host"
  value       = module.host.security_group_ids
}

output "allowed_cidrs" {
  description = "Who may reach port 22"
  value       = module.host.allowed_cidrs
}

output "root_volume_id" {
  description = "EBS volume of the root file system"
  value       = module.host.root_volume_id
}

output "root_volume_size_gb" {
  description = "Size of that volume, GiB"
  value       = module.host.root_volume_size_gb
}

output "root_volume_key_arn" {
  description = "KMS key of that volume"
  value       = module.host.root_volume_key_arn
}

output "bootstrapped" {
  description = "Whether the host was given first-boot instructions; if not, it is the image as it comes"
  value       = module.host.bootstrapped
}

output "metadata_tags" {
  description = "Whether the host can read its own tags: its settings reach it by them"
  value       = module.host.metadata_tags
}

output "instance_arn" {
  description = "ARN of the instance"
  value       = module.host.instance_arn
}

output "role_name" {
  description = "Role of the host, for policies of your own; null with instance_profile"
  value       = module.host.role_name
}

output "role_arn" {
  description = "ARN of that role, for bucket and key policies"
  value       = module.host.role_arn
}

output "lease" {
  description = "What the host may cost or how long it may run, as it was applied last; null: no lease"
  value       = module.host.lease
}

output "vpc_id" {
  description = "VPC of the host"
  value       = module.host.vpc_id
}

output "subnet_id" {
  description = "Subnet of the host"
  value       = module.host.subnet_id

  # Here, not in the module: a look-up of a subnet that is not there would fail in destroy, too.
  precondition {
    condition     = var.subnet_id == null || local.subnet_id != null
    error_message = "There is no subnet ${coalesce(var.subnet_id, "null")} in region ${var.region}. Set subnet_id in terraform.tfvars to a subnet of this region, or to null for the default VPC."
  }

  precondition {
    condition     = length(local.with_address) == 0 || length(local.ways_in) > 0
    error_message = "Subnet ${coalesce(var.subnet_id, "null")} is a private one: no route of it leads to an internet gateway, so nobody could reach a host there at its public address. In terraform.tfvars set subnet_id to a public subnet, or to null for the default VPC, or access to \"ssm\". Its routes: aws ec2 describe-route-tables --region ${var.region} --filters Name=association.subnet-id,Values=${coalesce(var.subnet_id, "null")}"
  }
}
