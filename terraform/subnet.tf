# The subnet that the user named, and whether a host with a public address can be reached there. Here, not in the
# module, where the same apply may make subnet and routes, and a look-up would come before the routes are there.

locals {
  # A subnet that is not there goes no further: asked for it, AWS would fail, in destroy too.
  subnet_id = one(flatten([for found in data.aws_subnets.chosen : found.ids]))

  with_address = toset(var.access == "ssh" ? compact([local.subnet_id]) : [])

  # What lets others in to a public address: an internet gateway, or an appliance that all traffic goes through.
  # A NAT or transit gateway leads out only.
  ways_in = flatten([
    for table in data.aws_route_table.chosen : [
      for route in table.routes : route if startswith(route.gateway_id, "igw-") ||
      (route.cidr_block == "0.0.0.0/0" && (route.vpc_endpoint_id != "" || route.network_interface_id != ""))
    ]
  ])
}

data "aws_subnets" "chosen" {
  for_each = toset(compact([var.subnet_id]))

  filter {
    name   = "subnet-id"
    values = [each.key]
  }
}

data "aws_subnet" "chosen" {
  for_each = local.with_address

  id = each.key
}

# The table that the subnet is tied to, else the main one of its VPC.
data "aws_route_tables" "tied" {
  for_each = local.with_address

  filter {
    name   = "association.subnet-id"
    values = [each.key]
  }
}

data "aws_route_tables" "main" {
  for_each = local.with_address

  vpc_id = data.aws_subnet.chosen[each.key].vpc_id

  filter {
    name   = "association.main"
    values = ["true"]
  }
}

data "aws_route_table" "chosen" {
  for_each = local.with_address

  route_table_id = concat(data.aws_route_tables.tied[each.key].ids, data.aws_route_tables.main[each.key].ids)[0]
}
