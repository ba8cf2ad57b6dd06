# The way to Session Manager and to nothing else; each endpoint costs money by the hour.

resource "aws_security_group" "endpoints" {
  for_each = toset(length(local.endpoints) > 0 ? ["endpoints"] : [])

  name_prefix = "${var.name_prefix}-endpoints-"
  description = "gpuinfra endpoints: HTTPS from the private subnet only"
  vpc_id      = aws_vpc.this.id
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = aws_security_group.endpoints

  security_group_id = each.value.id
  description       = "HTTPS from the private subnet"
  tags              = var.tags

  # source
  cidr_ipv4 = local.private_cidr

  # port
  ip_protocol = "tcp"
  from_port   = 443
  to_port     = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  tags                = var.tags
  private_dns_enabled = true
  subnet_ids          = [aws_subnet.private.id]
  security_group_ids  = [for group in aws_security_group.endpoints : group.id]
}
