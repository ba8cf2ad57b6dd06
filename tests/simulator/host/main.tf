# Every argument that plain moto reads back wrongly, in one small stack: a second plan must be empty.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region      = "us-east-1"
  max_retries = 5
  default_tags {
    tags = {
      "gpuinfra:stack" = "law"
    }
  }
}

data "aws_ami" "nvidia" {
  owners      = ["679593333241"]
  most_recent = true
  filter {
    name   = "name"
    values = ["*676eed8d-dcf5-4784-87d7-0de463205c17*"]
  }
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnet" "default" {
  default_for_az    = true
  availability_zone = "us-east-1b"
}

resource "aws_security_group" "this" {
  name_prefix = "law-"
  description = "law"
  vpc_id      = data.aws_vpc.default.id
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = aws_security_group.this.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "203.0.113.7/32"
}

resource "aws_iam_role" "this" {
  name_prefix = "law-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "ssm" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "law-"
  role        = aws_iam_role.this.name
}

resource "aws_key_pair" "this" {
  key_name_prefix = "law-"
  public_key      = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM2Aa9bFMEfWAqgID+/IjHs63keuC3is3H1S+J5GsqSS law"
}

locals {
  # The provider sends a network interface when a subnet is named, else top-level arguments.
  hosts = {
    on_demand = { subnet_id = null, spot = [] }
    spot      = { subnet_id = data.aws_subnet.default.id, spot = ["spot"] }
  }
}

resource "aws_instance" "this" {
  for_each = local.hosts

  ami                                  = data.aws_ami.nvidia.id
  instance_type                        = "g4dn.xlarge"
  key_name                             = aws_key_pair.this.key_name
  iam_instance_profile                 = aws_iam_instance_profile.this.name
  vpc_security_group_ids               = [aws_security_group.this.id]
  subnet_id                            = each.value.subnet_id
  associate_public_ip_address          = true
  ebs_optimized                        = true
  monitoring                           = true
  instance_initiated_shutdown_behavior = "terminate"
  user_data_base64                     = base64gzip("#cloud-config\n")

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "enabled"
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = 130
    iops        = 6000
    throughput  = 500
  }

  dynamic "instance_market_options" {
    for_each = each.value.spot
    content {
      market_type = instance_market_options.value
    }
  }

  tags = {
    Name = "law-${each.key}"
  }
}
