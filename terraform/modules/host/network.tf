# Where the host goes. Plural look-ups answer with an empty list where the singular ones fail, and a failing
# look-up would block `terraform destroy` as well: what is missing is told by the conditions of the output
# vpc_id. Only a chosen subnet is looked up by itself, for the same apply may make it; hence, too, keys of
# for_each that are known before anything is. And no look-up has conditions of its own: the caller's
# provider may depend on a resource (ours does), and Terraform puts off a look-up with conditions until
# what it depends on is made, past the plan.

locals {
  region = data.aws_region.current.id

  chosen  = var.subnet == null ? {} : { chosen = var.subnet.id }
  private = var.access == "ssm" ? local.chosen : {}

  # A network of our own only for a private host that is to have one. As long as it stands, that of an
  # earlier private_network = "endpoints" too, so that `destroy` finds its way: vpc_id refuses it in a plan.
  own_network = toset(var.access == "ssm" && var.subnet == null && var.private_network != null ? ["own"] : [])
  in_default  = toset(var.access == "ssm" && var.subnet == null && var.private_network == null ? ["default"] : [])

  # With ssm the address is the way out only: no rule lets anybody in. Without an internet gateway it would
  # lead nowhere, and something else has to lead out.
  public_address = var.access == "ssh" || length(local.in_default) > 0 || length(local.open_routes) > 0

  vpc_id = one(concat(
    [for network in module.network : network.vpc_id],
    [for subnet in data.aws_subnet.chosen : subnet.vpc_id],
    var.subnet == null && length(local.own_network) == 0 ? data.aws_vpcs.default.ids : [],
  ))
  subnet_id = one(concat([for network in module.network : network.subnet_id], values(local.chosen)))
  zone      = one([for subnet in data.aws_subnet.chosen : subnet.availability_zone])

  # A living host's subnet that is not where the values say; of a new host it is not known yet.
  elsewhere = setsubtract(length(local.in_default) == 0 ? [] : compact([module.instance.subnet_id]), flatten([for found in data.aws_subnets.in_default : found.ids]))

  # Where the type can be had, and where the host would be; a zone that nobody chose is AWS's choice.
  offered = sort(data.aws_ec2_instance_type_offerings.zones.locations)
  place   = var.availability_zone != null ? var.availability_zone : local.zone
  default = length(local.own_network) == 0 && var.subnet == null && length(local.offered) > 0 ? data.aws_vpcs.default.ids : []

  # Default VPCs in which no default subnet is where the host would be.
  bare_vpcs = [for id in local.default : id if length(data.aws_subnets.default[id].ids) == 0]

  lost_groups   = setsubtract(coalesce(var.security_group_ids, []), flatten([for found in data.aws_security_groups.given : found.ids]))
  others_groups = [for vpc_id in flatten([for found in data.aws_security_groups.given : found.vpc_ids]) : vpc_id if vpc_id != local.vpc_id]

  # What leads from the chosen subnet straight to the internet.
  open_routes = flatten([
    for table in data.aws_route_table.private : [for route in table.routes : route if startswith(route.gateway_id, "igw-") && route.cidr_block == "0.0.0.0/0"]
  ])
}

data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.instance_type]
  }
}

# Where AWS puts a host for which no subnet was named.
data "aws_subnets" "default" {
  for_each = toset(local.default)

  filter {
    name   = "vpc-id"
    values = [each.key]
  }

  filter {
    name   = "default-for-az"
    values = ["true"]
  }

  filter {
    name   = "availability-zone"
    values = var.availability_zone != null ? [var.availability_zone] : local.offered
  }
}

# The groups that were given, and the networks that they are in.
data "aws_security_groups" "given" {
  for_each = var.security_group_ids == null ? {} : { given = var.security_group_ids }

  filter {
    name   = "group-id"
    values = each.value
  }
}

data "aws_region" "current" {}

module "network" {
  source   = "./modules/network"
  for_each = local.own_network

  tags              = local.tags
  region            = local.region
  instance_type     = var.instance_type
  availability_zone = var.availability_zone
}

data "aws_vpcs" "default" {
  filter {
    name   = "is-default"
    values = ["true"]
  }
}

# Where a private host lies that was given no network. None found, none asked for: EC2 takes no empty filter.
data "aws_subnets" "in_default" {
  for_each = local.in_default

  filter {
    name   = "vpc-id"
    values = coalescelist(data.aws_vpcs.default.ids, ["none"])
  }
}

data "aws_subnet" "chosen" {
  for_each = local.chosen

  id = each.value
}

# The routes of a chosen subnet: those of the table it is tied to, else those of its VPC's main table.
data "aws_route_tables" "tied" {
  for_each = local.private

  filter {
    name   = "association.subnet-id"
    values = [each.value]
  }
}

data "aws_route_tables" "main" {
  for_each = local.private

  vpc_id = data.aws_subnet.chosen[each.key].vpc_id

  filter {
    name   = "association.main"
    values = ["true"]
  }
}

data "aws_route_table" "private" {
  for_each = local.private

  route_table_id = concat(data.aws_route_tables.tied[each.key].ids, data.aws_route_tables.main[each.key].ids)[0]
}
