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

# "Session Manager only" would be untrue if the host reached everybody's buckets and parameters.
locals {
  of_this_account = { StringEquals = { "aws:ResourceAccount" = data.aws_caller_identity.current.account_id } }

  s3_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = "*", Action = "s3:*", Resource = "*", Condition = local.of_this_account },
      {
        # What the Session Manager agent renews itself from.
        # Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource = [
          for bucket in ["aws-ssm-${var.region}", "amazon-ssm-${var.region}", "amazon-ssm-packages-${var.region}", "${var.region}-birdwatcher-prod"] :
          "arn:${data.aws_partition.current.partition}:s3:::${bucket}/*"
        ]
      },
    ]
  })

  # Systems Manager can also hold parameters. The two channels of messages say only what Session Manager lets
  # through; AWS's manual does not say that they take a policy: docs/security.md.
  endpoint_policies = {
    ssm = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = "*"
        Action    = "ssm:*"
        Resource  = "*"
        Condition = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } }
      }]
    })
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  tags                = var.tags
  private_dns_enabled = true
  subnet_ids          = [aws_subnet.private.id]
  security_group_ids  = [for group in aws_security_group.endpoints : group.id]
  policy              = lookup(local.endpoint_policies, each.key, null)
}
