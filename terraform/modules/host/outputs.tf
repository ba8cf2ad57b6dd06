# What the host is and where, as AWS tells it; the last part is for what others attach to it.

output "stack" {
  description = "Name of the stack"
  value       = var.stack
}

output "owner" {
  description = "Who answers for the host; null: nobody is named"
  value       = var.owner
}

output "region" {
  description = "AWS region of the host"
  value       = local.region
}

output "instance_id" {
  description = "EC2 instance id"
  value       = module.instance.id
}

output "instance_type" {
  description = "EC2 instance type"
  value       = module.instance.instance_type
}

output "gpu_count" {
  description = "Number of NVIDIA GPUs of the instance type"
  value       = module.instance.gpu_count
}

output "architecture" {
  description = "Architecture of the host: x86_64 or arm64"
  value       = module.instance.architecture
}

output "image" {
  description = "Kind of image that the host was made from: nvidia, aws-nvidia, ubuntu, or custom (ami_id)"
  value       = module.instance.image
}

output "ami_id" {
  description = "AMI that the host was made from"
  value       = module.instance.ami_id
}

output "ami_name" {
  description = "Name of that AMI; its id where the name is not known"
  value       = module.instance.ami_name
}

output "availability_zone" {
  description = "Availability zone of the host"
  value       = module.instance.availability_zone
}

output "market" {
  description = "How the host is bought: on-demand, spot or capacity-block"
  value       = module.instance.market
}

output "access" {
  description = "How the host is reached: ssh (at its public address) or ssm (through Session Manager)"
  value       = module.instance.access
}

output "public_ip" {
  description = "Public IPv4 address; a new one after every stop and start but with elastic_ip. With access = ssm the way out only, or none"
  value       = module.instance.public_ip
}

output "private_ip" {
  description = "Private IPv4 address"
  value       = module.instance.private_ip
}

output "ssh_user" {
  description = "Login of the image"
  value       = module.instance.ssh_user
}

output "key_name" {
  description = "Name of the EC2 key pair"
  value       = var.key_name != null ? var.key_name : one([for pair in module.key_pair : pair.key_name])
}

output "security_group_id" {
  description = "Security group that the module made; null with security_group_ids"
  value       = one([for group in module.security_group : group.id])
}

output "security_group_ids" {
  description = "Security groups of the host"
  value       = sort(local.security_group_ids)
}

output "allowed_cidrs" {
  description = "Who may reach port 22; nobody by rules of ours with security_group_ids"
  value       = tolist(flatten([for group in module.security_group : group.allowed_cidrs]))
}

output "root_volume_id" {
  description = "EBS volume of the root file system"
  value       = module.instance.root_volume.id
}

output "root_volume_size_gb" {
  description = "Size of that volume, GiB"
  value       = module.instance.root_volume.size_gb
}

output "root_volume_key_arn" {
  description = "KMS key of that volume"
  value       = module.instance.root_volume.key_arn
}

output "bootstrapped" {
  description = "Whether the host was given first-boot instructions; if not, it is the image as it comes"
  value       = var.user_data_base64 != null
}

output "metadata_tags" {
  description = "Whether the host can read its own tags: its settings reach it by them"
  value       = module.instance.metadata_tags
}

output "instance_arn" {
  description = "ARN of the instance"
  value       = module.instance.arn
}

output "role_name" {
  description = "Role of the host, for policies of your own; null with instance_profile"
  value       = module.instance.role_name
}

output "role_arn" {
  description = "ARN of that role, for bucket and key policies"
  value       = module.instance.role_arn
}

output "vpc_id" {
  description = "VPC of the host"
  value       = local.vpc_id

  # What is wrong with the network that was asked for, told while planning.
  precondition {
    condition     = var.subnet != null || local.vpc_id != null
    error_message = "Region ${local.region} has no default VPC and subnet_id is not set (in a call of the module: subnet), so there is no network for the host. Set it in terraform.tfvars to a subnet of yours, or make a default VPC: aws ec2 create-default-vpc --region ${local.region}"
  }

  precondition {
    condition     = local.place == null || length(local.offered) == 0 || contains(local.offered, coalesce(local.place, "null"))
    error_message = "Zone ${coalesce(local.place, "null")} does not offer ${var.instance_type} to this account; these do: ${join(", ", local.offered)}. In terraform.tfvars set ${var.subnet == null ? "availability_zone to one of them or to null" : "subnet_id to a subnet in one of them"}, or another instance_type.${startswith(coalesce(local.place, "null"), "${local.region}-") ? " A local zone must be opted in: aws ec2 modify-availability-zone-group --region ${local.region} --group-name ${trimsuffix(coalesce(local.place, "null"), substr(coalesce(local.place, "null"), -1, 1))} --opt-in-status opted-in" : ""}"
  }

  precondition {
    condition     = length(local.bare_vpcs) == 0
    error_message = "The default VPC ${join(", ", local.bare_vpcs)} has no default subnet in ${var.availability_zone != null ? coalesce(var.availability_zone, "null") : "any zone that offers ${var.instance_type} (${join(", ", local.offered)})"}. Make one: aws ec2 create-default-subnet --region ${local.region} --availability-zone ${coalesce(var.availability_zone, try(local.offered[0], "null"))}; or set subnet_id in terraform.tfvars to a public subnet of yours."
  }

  precondition {
    condition     = var.access == "ssh" || var.private_network != "endpoints"
    error_message = "private_network is \"endpoints\", which is no more: nothing could be installed through them. In terraform.tfvars set private_network to \"nat\" (a host that lives there keeps its network, and gets a NAT gateway) or, before a new host is made, to null (a public address as the way out, nobody let in)."
  }

  # Of a host that lives in another network, null would take away the network alone, under the host.
  precondition {
    condition     = length(local.elsewhere) == 0
    error_message = "The host is in subnet ${join(", ", local.elsewhere)}, which is not in the default VPC, and neither private_network nor subnet_id says so. To keep it, set private_network = \"nat\" in terraform.tfvars if gpuinfra made that network (the default until now), or subnet_id to that subnet if it is yours (in a call of the module: subnet). For a host without NAT gateway: gpuinfra down, then up, which makes a new one."
  }

  precondition {
    condition     = var.security_group_ids == null || length(local.own_network) == 0
    error_message = "security_group_ids is set, and with private_network = \"nat\" a network is made in which those groups are not. In terraform.tfvars set private_network to null, or subnet_id to a subnet of their VPC, or security_group_ids to null."
  }

  precondition {
    condition     = length(local.lost_groups) == 0
    error_message = "Region ${local.region} has no security group ${join(", ", local.lost_groups)}. Set security_group_ids in terraform.tfvars to groups that it has; see: aws ec2 describe-security-groups --region ${local.region}"
  }

  precondition {
    condition     = length(local.own_network) > 0 || length(local.others_groups) == 0
    error_message = "security_group_ids has groups of ${join(", ", local.others_groups)}, and the host is in ${coalesce(local.vpc_id, "null")}. In terraform.tfvars set subnet_id to a subnet of that VPC, or security_group_ids to groups of the host's."
  }

  precondition {
    condition     = var.availability_zone == null || local.zone == null || var.availability_zone == local.zone
    error_message = "Subnet ${try(var.subnet.id, "null")} is in ${coalesce(local.zone, "null")}, but availability_zone is ${coalesce(var.availability_zone, "null")}. Set availability_zone in terraform.tfvars to null: the subnet decides it."
  }
}

output "subnet_id" {
  description = "Subnet of the host"
  value       = module.instance.subnet_id
}
