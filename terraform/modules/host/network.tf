# Only plural look-ups are asked for things that may be missing: they answer with an empty list
# where the singular ones fail, and a failing look-up would block `terraform destroy` as well.
# And no look-up has conditions of its own: the provider depends on terraform_data.region, and
# Terraform puts off a look-up with conditions until what it depends on is made, past the plan.

locals {
  # A network of our own only for a private host to which nobody gave a subnet.
  own_network = toset(var.access == "ssm" && var.subnet_id == null ? ["own"] : [])

  vpc_id = one(concat(
    [for network in module.network : network.vpc_id],
    [for subnet in data.aws_subnet.chosen : subnet.vpc_id],
    var.access == "ssh" && var.subnet_id == null ? data.aws_vpcs.default.ids : [],
  ))
  subnet_id = var.subnet_id == null ? one([for network in module.network : network.subnet_id]) : var.subnet_id
  zone      = one([for subnet in data.aws_subnet.chosen : subnet.availability_zone])

  # What leads from the chosen subnet straight to the internet.
  open_routes = flatten([
    for table in data.aws_route_table.private : [for route in table.routes : route if startswith(route.gateway_id, "igw-") && route.cidr_block == "0.0.0.0/0"]
  ])
}

module "network" {
  source   = "./modules/network"
  for_each = local.own_network

  name_prefix       = local.name
  region            = terraform_data.region.output
  instance_type     = var.instance_type
  availability_zone = var.availability_zone
  way_out           = var.private_network
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

# The routes of a chosen subnet: those of the table it is tied to, else those of its VPC's main table.
data "aws_route_tables" "tied" {
  for_each = { for id, subnet in data.aws_subnet.chosen : id => subnet.vpc_id if var.access == "ssm" }

  filter {
    name   = "association.subnet-id"
    values = [each.key]
  }
}

data "aws_route_tables" "main" {
  for_each = { for id, subnet in data.aws_subnet.chosen : id => subnet.vpc_id if var.access == "ssm" }

  vpc_id = each.value

  filter {
    name   = "association.main"
    values = ["true"]
  }
}

data "aws_route_table" "private" {
  for_each = toset(flatten([
    for subnet, tied in data.aws_route_tables.tied : length(tied.ids) > 0 ? tied.ids : data.aws_route_tables.main[subnet].ids
  ]))

  route_table_id = each.key
}

# Where the host goes, checked while planning.
resource "terraform_data" "network" {
  input = local.vpc_id

  lifecycle {
    precondition {
      condition     = var.access == "ssm" || var.subnet_id != null || local.vpc_id != null
      error_message = "Region ${var.region} has no default VPC and subnet_id is not set, so there is no network for the host. Set subnet_id in terraform.tfvars to a public subnet of yours, or make a default VPC: aws ec2 create-default-vpc --region ${var.region}"
    }

    precondition {
      condition     = var.subnet_id == null || local.vpc_id != null
      error_message = "There is no subnet ${coalesce(var.subnet_id, "null")} in region ${var.region}. Set subnet_id in terraform.tfvars to a subnet of this region, or to null for the default VPC."
    }

    precondition {
      condition     = length(local.open_routes) == 0
      error_message = "Subnet ${coalesce(var.subnet_id, "null")} is a public one: its way out is an internet gateway, which serves only hosts with a public address, and access is \"ssm\". In terraform.tfvars set subnet_id to a private subnet (with a NAT gateway or the endpoints of Session Manager), or to null for a network of its own, or access to \"ssh\"."
    }

    precondition {
      condition     = var.availability_zone == null || local.zone == null || var.availability_zone == local.zone
      error_message = "Subnet ${coalesce(var.subnet_id, "null")} is in ${coalesce(local.zone, "null")}, but availability_zone is ${coalesce(var.availability_zone, "null")}. Set availability_zone in terraform.tfvars to null: the subnet decides it."
    }
  }
}
