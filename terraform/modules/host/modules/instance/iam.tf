# What the host may do in AWS: be reached by Session Manager, and nothing else but what dlc.tf adds if asked to.
# With an instance profile of the account's there is no role of ours.

data "aws_partition" "current" {}

locals {
  own_role = toset(var.instance_profile == null ? ["own"] : [])
}

resource "aws_iam_role" "this" {
  for_each = local.own_role

  name_prefix = local.iam_name_prefix
  tags        = var.tags
  description = "gpuinfra host: Session Manager ${var.dlc_access ? "and Deep Learning Containers" : "only"}"

  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

# AWS's own AmazonSSMManagedInstanceCore would let every program on the host read the region's parameters.
resource "aws_iam_role_policy" "session_manager" {
  # checkov:skip=CKV_AWS_290: the channels of Session Manager know no resource to name
  # checkov:skip=CKV_AWS_355: the agent registers itself before anybody knows its instance id

  for_each = aws_iam_role.this

  name_prefix = "session-manager-"
  role        = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        # sessions, and the answers to commands of newer agents
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        # commands (ssm:SendCommand), as older agents take them
        "ec2messages:AcknowledgeMessage",
        "ec2messages:DeleteMessage",
        "ec2messages:FailMessage",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:SendReply",
        # to be there at all
        "ssm:UpdateInstanceInformation",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  for_each = aws_iam_role.this

  name_prefix = local.iam_name_prefix
  role        = each.value.name
  tags        = var.tags
}

locals {
  # IAM takes prefixes of at most 38 characters.
  iam_name_prefix = "${substr(var.name_prefix, 0, min(37, length(var.name_prefix)))}-"
}
