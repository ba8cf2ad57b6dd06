# What the host may do in AWS: be reached by Session Manager, and nothing else but what dlc.tf adds if asked to.

data "aws_partition" "current" {}

resource "aws_iam_role" "this" {
  name_prefix = local.iam_name_prefix
  tags        = var.tags
  description = "gpuinfra host: Session Manager ${var.dlc_access ? "and Deep Learning Containers" : "only"}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "ssm" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = local.iam_name_prefix
  role        = aws_iam_role.this.name
  tags        = var.tags
}

locals {
  # IAM takes prefixes of at most 38 characters.
  iam_name_prefix = "${substr(var.name_prefix, 0, min(37, length(var.name_prefix)))}-"
}
