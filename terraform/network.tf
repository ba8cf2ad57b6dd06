# Only plural look-ups are asked for things that may be missing: they answer with an empty list
# where the singular ones fail, and a failing look-up would block `terraform destroy` as well.

locals {
  vpc_id = var.subnet_id == null ? one(data.aws_vpcs.default.ids) : one([for subnet in data.aws_subnet.chosen : subnet.vpc_id])
}

data "aws_vpcs" "default" {
  filter {
    name   = "is-default"
    values = ["true"]
  }

  lifecycle {
    postcondition {
      condition     = var.subnet_id != null || length(self.ids) > 0
      error_message = "Region ${var.region} has no default VPC and subnet_id is not set, so there is no network for the host. Set subnet_id in terraform.tfvars to a public subnet of yours, or make a default VPC: aws ec2 create-default-vpc --region ${var.region}"
    }
  }
}

data "aws_subnets" "chosen" {
  for_each = toset(compact([var.subnet_id]))

  filter {
    name   = "subnet-id"
    values = [each.key]
  }

  lifecycle {
    postcondition {
      condition     = length(self.ids) > 0
      error_message = "There is no subnet ${each.key} in region ${var.region}. Set subnet_id in terraform.tfvars to a subnet of this region, or to null for the default VPC."
    }
  }
}

data "aws_subnet" "chosen" {
  for_each = toset(flatten([for found in data.aws_subnets.chosen : found.ids]))

  id = each.key

  lifecycle {
    postcondition {
      condition     = var.availability_zone == null || var.availability_zone == self.availability_zone
      error_message = "Subnet ${each.key} is in ${self.availability_zone}, but availability_zone is ${coalesce(var.availability_zone, "null")}. Set availability_zone in terraform.tfvars to null: the subnet decides it."
    }
  }
}
