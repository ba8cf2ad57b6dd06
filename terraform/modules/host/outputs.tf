# One output for each field of Host in gpuinfra/model.py, in its order.

output "stack" {
  description = "Name of the stack"
  value       = var.stack
}

output "owner" {
  description = "Who answers for the host"
  value       = var.owner
}

output "region" {
  description = "AWS region of the host"
  value       = terraform_data.region.input
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

output "image" {
  description = "Kind of image that the host was made from: nvidia, aws-nvidia, ubuntu, or custom (ami_id)"
  value       = module.instance.image
}

output "ami_id" {
  description = "AMI that the host was made from"
  value       = module.instance.ami_id
}

output "ami_name" {
  description = "Name of that AMI"
  value       = module.instance.ami_name
}

output "availability_zone" {
  description = "Availability zone of the host"
  value       = module.instance.availability_zone
}

output "access" {
  description = "How the host is reached: ssh (at its public address) or ssm (through Session Manager)"
  value       = module.instance.access
}

output "public_ip" {
  description = "Public IPv4 address; a new one after every stop and start; none with access = ssm"
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
  value       = module.key_pair.key_name
}

output "private_key_path" {
  description = "Where the private key is on this machine: public_key_path without .pub"
  value       = trimsuffix(var.public_key_path, ".pub")
}

output "security_group_id" {
  description = "Security group of the host"
  value       = module.security_group.id
}

output "allowed_cidrs" {
  description = "Who may reach port 22"
  value       = module.security_group.allowed_cidrs
}

output "root_volume_id" {
  description = "EBS volume of the root file system"
  value       = module.instance.root_volume.id
}

output "root_volume_size_gb" {
  description = "Size of that volume, GiB"
  value       = module.instance.root_volume.size_gb
}
