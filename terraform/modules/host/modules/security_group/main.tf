# One rule resource for each CIDR or port: a new address changes one rule and never the group.

locals {
  everywhere = { ipv4 = "0.0.0.0/0", ipv6 = "::/0" }

  # Both families: a host with an IPv6 address tries that first and would hang without a rule.
  egress = {
    for pair in setproduct(var.egress_ports, keys(local.everywhere)) :
    "tcp-${pair[0]}-${pair[1]}" => { port = pair[0], cidr = local.everywhere[pair[1]] }
  }
}

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5: modules/instance attaches it; checkov does not follow it through the module's output

  name_prefix = "${var.name_prefix}-"
  description = "gpuinfra host: SSH from named addresses only"
  vpc_id      = var.vpc_id
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "SSH from ${each.key}"
  tags              = var.tags

  # source
  cidr_ipv4 = strcontains(each.key, ":") ? null : each.key
  cidr_ipv6 = strcontains(each.key, ":") ? each.key : null

  # port
  ip_protocol = "tcp"
  from_port   = 22
  to_port     = 22
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.egress

  security_group_id = aws_security_group.this.id
  description       = "To TCP port ${each.value.port} anywhere"
  tags              = var.tags

  # destination
  cidr_ipv4 = strcontains(each.value.cidr, ":") ? null : each.value.cidr
  cidr_ipv6 = strcontains(each.value.cidr, ":") ? each.value.cidr : null

  # port
  ip_protocol = "tcp"
  from_port   = each.value.port
  to_port     = each.value.port
}
