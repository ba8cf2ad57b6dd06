# An account of its own making: one default VPC, one GPU type, one image. Runs override what they change.

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_region" {
  defaults = { id = "us-east-1" }
}

mock_data "aws_vpcs" {
  defaults = { ids = ["vpc-11111111111111111"] }
}

mock_data "aws_ec2_instance_types" {
  defaults = { instance_types = ["g4dn.xlarge"] }
}

mock_data "aws_ec2_instance_type" {
  defaults = {
    supported_architectures = ["x86_64"]
    gpus                    = [{ manufacturer = "NVIDIA", name = "T4", count = 1, memory_size = 16384 }]
  }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-22222222222222222" }
}

mock_data "aws_subnet" {
  defaults = { vpc_id = "vpc-11111111111111111", availability_zone = "us-east-1b" }
}

mock_data "aws_subnets" {
  defaults = { ids = ["subnet-44444444444444444"] }
}

# Newest first, as the provider sorts them.
mock_data "aws_ami_ids" {
  defaults = { ids = ["ami-33333333333333333", "ami-44444444444444444"] }
}

mock_data "aws_ami" {
  defaults = {
    name                  = "NVIDIA GPU Cloud VMI Base"
    architecture          = "x86_64"
    root_device_name      = "/dev/sda1"
    block_device_mappings = [{ device_name = "/dev/sda1", ebs = { volume_size = "128" }, no_device = "", virtual_name = "" }]
  }
}

mock_resource "aws_instance" {
  defaults = { public_ip = "198.51.100.20", instance_state = "running", instance_lifecycle = "", arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-11111111111111111" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::123456789012:role/gpuinfra-default-1" }
}

mock_resource "aws_scheduler_schedule_group" {
  defaults = { arn = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/gpuinfra-default-1" }
}

# As AWS gives them: in no order.
mock_data "aws_ec2_instance_type_offerings" {
  defaults = { locations = ["us-east-1c", "us-east-1b"] }
}

mock_resource "aws_subnet" {
  defaults = { id = "subnet-33333333333333333" }
}
