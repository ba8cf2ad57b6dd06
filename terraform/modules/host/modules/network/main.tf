# A network of its own for a host without a public address: one private subnet, and a NAT gateway.

locals {
  # Small, and rarely used elsewhere: it matters only when this VPC is joined to another one.
  cidr         = "10.93.0.0/24"
  private_cidr = cidrsubnet(local.cidr, 1, 0)
  public_cidr  = cidrsubnet(local.cidr, 4, 15)

  # The key is part of the names in the states of living hosts.
  nat = toset(["nat"])
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: flow logs of one person's host cost more than they tell; nothing can come in here

  cidr_block = local.cidr
  tags       = var.tags

  enable_dns_support   = true
  enable_dns_hostnames = true
}

# The group that AWS makes with every VPC lets its members in; nobody is to use it by mistake.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = var.tags
}

resource "aws_subnet" "private" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = local.private_cidr
  availability_zone = local.zone
  tags              = var.tags

  map_public_ip_on_launch = false

  lifecycle {
    # It stays where it is: AWS may list the zones in another order next time.
    ignore_changes = [availability_zone]

    postcondition {
      condition     = var.availability_zone == null || self.availability_zone == var.availability_zone
      error_message = "The network of this host is in ${coalesce(self.availability_zone, "null")}, and availability_zone is ${coalesce(var.availability_zone, "null")}. Set it back, or destroy the host first."
    }

    precondition {
      condition     = local.zone != null
      error_message = "No zone of region ${var.region} has instance type ${var.instance_type}. Set instance_type in terraform.tfvars to one that it has; see: aws ec2 describe-instance-types --region ${var.region} --filters Name=instance-type,Values='g*'"
    }
  }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = var.tags
}

resource "aws_route_table_association" "private" {
  subnet_id      = aws_subnet.private.id
  route_table_id = aws_route_table.private.id
}

# Free of charge, and most of what a host loads from AWS itself comes from there.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
  tags              = var.tags
}
