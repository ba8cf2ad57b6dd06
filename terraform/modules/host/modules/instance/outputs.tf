output "id" {
  description = "EC2 instance id"
  value       = aws_instance.this.id
}

output "arn" {
  description = "ARN of the instance"
  value       = aws_instance.this.arn
}

output "instance_type" {
  description = "EC2 instance type"
  value       = aws_instance.this.instance_type
}

output "gpu_count" {
  description = "Number of NVIDIA GPUs of that type"
  value       = local.gpu_count
}

output "architecture" {
  description = "Architecture of the host: x86_64 or arm64"
  value       = local.architecture
}

output "image" {
  description = "Kind of image that the host was made from: nvidia, aws-nvidia, ubuntu or custom"
  value       = terraform_data.image.input.kind
}

output "ami_id" {
  description = "AMI that the host was made from"
  value       = aws_instance.this.ami
}

output "ami_name" {
  description = "Name of that AMI; its id where the name is not known"

  # A host that was imported may be older than the image of that note; a note of an earlier tree has no id.
  value = try(terraform_data.image.input.id, aws_instance.this.ami) == aws_instance.this.ami ? terraform_data.image.input.name : aws_instance.this.ami
}

output "ssh_user" {
  description = "Login of the image: all kinds are Ubuntu"
  value       = "ubuntu"
}

output "availability_zone" {
  description = "Zone of the host"
  value       = aws_instance.this.availability_zone
}

output "market" {
  description = "How the host is bought: on-demand, spot or capacity-block"

  # The provider reads back whether a host is a spot one, and nothing else.
  value = coalesce(aws_instance.this.instance_lifecycle, var.market == "spot" ? "on-demand" : var.market)
}

output "access" {
  description = "How the host is reached: ssh or ssm"
  value       = terraform_data.access.output
}

output "public_ip" {
  description = "Public IPv4 address; without elastic_ip empty while the host is stopped; empty in a private network"
  value       = var.elastic_ip ? one(values(aws_eip.this)[*].public_ip) : aws_instance.this.public_ip

  # Known before it leads to the host.
  depends_on = [aws_eip_association.this]
}

output "private_ip" {
  description = "Private IPv4 address"
  value       = aws_instance.this.private_ip
}

output "root_volume" {
  description = "EBS volume of the root file system"
  value = {
    id               = aws_instance.this.root_block_device[0].volume_id
    size_gb          = aws_instance.this.root_block_device[0].volume_size
    iops             = aws_instance.this.root_block_device[0].iops
    throughput_mib_s = aws_instance.this.root_block_device[0].throughput
    key_arn          = aws_instance.this.root_block_device[0].kms_key_id
  }
}

output "subnet_id" {
  description = "Subnet of the host"
  value       = aws_instance.this.subnet_id
}

output "role_name" {
  description = "Role of the host; null with instance_profile"
  value       = one(values(aws_iam_role.this)[*].name)
}

output "role_arn" {
  description = "ARN of that role"
  value       = one(values(aws_iam_role.this)[*].arn)
}

output "metadata_tags" {
  description = "Whether the host can read its own tags"
  value       = local.metadata_tags
}
