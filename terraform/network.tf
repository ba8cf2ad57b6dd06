# Only plural look-ups are asked for things that may be missing: they answer with an empty list
# where the singular ones fail, and a failing look-up would block `terraform destroy` as well.
# And no look-up has conditions of its own: the provider depends on terraform_data.region, and
# Terraform puts off a look-up with conditions until what it depends on is made, past the plan.

locals {
  vpc_id = var.subnet_id == null ? one(data.aws_vpcs.default.ids) : one([for subnet in data.aws_subnet.chosen : subnet.vpc_id])
  zone   = one([for subnet in data.aws_subnet.chosen : subnet.availability_zone])
}

data "aws_vpcs" "default" {
  filter {
    name   = "is-default"
    values = ["true"]
  }
}

data "aws_subnets" "chosen" {
  for_each = toset(compact([var.subnet_id]))

  filter {
    name   = "subnet-id"
    values = [each.key]
  }
}

data "aws_subnet" "chosen" {
  for_each = toset(flatten([for found in data.aws_subnets.chosen : found.ids]))

  id = each.key
}

# Where the host goes, checked while planning.
resource "terraform_data" "network" {
  input = local.vpc_id

  lifecycle {
    precondition {
      condition     = var.subnet_id != null || local.vpc_id != null
      error_message = "Region ${var.region} has no default VPC and subnet_id is not set, so there is no network for the host. Set subnet_id in terraform.tfvars to a public subnet of yours, or make a default VPC: aws ec2 create-default-vpc --region ${var.region}"
    }

    precondition {
      condition     = var.subnet_id == null || local.vpc_id != null
      error_message = "There is no subnet ${coalesce(var.subnet_id, "null")} in region ${var.region}. Set subnet_id in terraform.tfvars to a subnet of this region, or to null for the default VPC."
    }

    precondition {
      condition     = var.availability_zone == null || local.zone == null || var.availability_zone == local.zone
      error_message = "Subnet ${coalesce(var.subnet_id, "null")} is in ${coalesce(local.zone, "null")}, but availability_zone is ${coalesce(var.availability_zone, "null")}. Set availability_zone in terraform.tfvars to null: the subnet decides it."
    }
  }
}
