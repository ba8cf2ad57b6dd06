# The lease: AWS itself ends the host when it has cost, or run, as much as its owner wrote down, whatever became
# of laptop, host and guard. EventBridge Scheduler does it: one schedule for each stage, in a group of its own.
#
# Each stage begins at its start date and is then repeated, so that a call that got lost, and a start from the
# console after the end, cost a minute and no more. The first start date is known when the host is made. When the
# host stops or starts, the end moves: gpuinfra moves it, from what has been spent by then, and Terraform leaves
# it alone. Until somebody moves it, the host counts as running: the end can be too early, never too late.

locals {
  has_lease = toset(var.max_usd == null && var.max_hours == null ? [] : ["own"])

  # What is left, if gpuinfra says so; in plain Terraform max_hours from now on. At most ten years: more than
  # 292 are none to timeadd(), which would say so when the host runs already.
  lease_s   = floor(3600 * min(24 * 3650, try(coalesce(var.lease_hours, var.max_hours), 0)))
  stopped_s = floor(86400 * min(3650, coalesce(var.stopped_days, 0)))

  # EC2 refuses to stop a spot host of a one-time request: what ends it is its last end, its disk goes with it.
  end  = var.market == "spot" ? "TerminateInstances" : "StopInstances"
  stop = { action = "${lower(substr(local.end, 0, 1))}${substr(local.end, 1, -1)}", rate = "1 minutes", input = { InstanceIds = [module.instance.id] } }

  stages = { for name, stage in {
    stop = merge(local.stop, { after_s = 0 })

    # For a host that hangs: its system is not asked any more.
    cut-off = merge(local.stop, { after_s = 600, input = { InstanceIds = [module.instance.id], SkipOsShutdown = true } })

    # At the end of the lease at the latest it was stopped for good, so it has been for so many days now.
    terminate = merge(local.stop, { action = "terminateInstances", rate = "1 days", after_s = local.stopped_s })
  } : name => stage if length(local.has_lease) > 0 && (name != "terminate" || var.stopped_days != null) }
}

# Another host or another sum is another lease; all that is not known to Terraform later is looked at here, once.
resource "terraform_data" "lease" {
  for_each = local.has_lease

  triggers_replace = [module.instance.id, var.max_usd, var.max_hours, var.stopped_days]
  input            = { hours_known = var.lease_hours != null || var.max_hours != null }

  lifecycle {
    ignore_changes = [input]
  }
}

# --- who may end the host: the scheduler, for schedules of this group, this one host ---

resource "aws_scheduler_schedule_group" "lease" {
  for_each = local.has_lease

  name_prefix = "${local.name}-"
  tags        = local.tags
}

resource "aws_iam_role" "lease" {
  for_each = aws_scheduler_schedule_group.lease

  name_prefix = "${substr(local.name, 0, min(37, length(local.name)))}-"
  description = "gpuinfra lease: lets EventBridge Scheduler end one host"
  tags        = local.tags

  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      # Without it schedules of other accounts could use the role (the confused deputy):
      # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      Condition = { StringEquals = {
        "aws:SourceAccount" = split(":", each.value.arn)[4]
        "aws:SourceArn"     = each.value.arn
      } }
    }]
  })
}

resource "aws_iam_role_policy" "lease" {
  for_each = aws_iam_role.lease

  name_prefix = "lease-"
  role        = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = distinct(concat(["ec2:${local.end}"], var.stopped_days == null ? [] : ["ec2:TerminateInstances"]))
      Resource = module.instance.arn
    }]
  })
}

# --- the stages ---

resource "aws_scheduler_schedule" "lease" {
  # checkov:skip=CKV_AWS_297: a schedule says which host ends when, which is no secret; a key of one's own costs a dollar a month

  for_each = local.stages

  name_prefix = "${each.key}-"
  group_name  = aws_scheduler_schedule_group.lease["own"].name
  description = "gpuinfra lease of ${module.instance.id}: ${each.key}"

  # The first call is at start_date: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
  start_date                   = timeadd(timestamp(), "${local.lease_s + each.value.after_s}s")
  schedule_expression          = "rate(${each.value.rate})"
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${split(":", module.instance.arn)[1]}:scheduler:::aws-sdk:ec2:${each.value.action}"
    role_arn = aws_iam_role.lease["own"].arn
    input    = jsonencode(each.value.input)

    # The next call comes soon enough; a late one must not end a host whose lease was extended meanwhile.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  # What ends the host is there only when it may.
  depends_on = [aws_iam_role_policy.lease]

  lifecycle {
    ignore_changes        = [start_date]
    replace_triggered_by  = [terraform_data.lease]
    create_before_destroy = true
  }
}

output "lease" {
  description = "What the host may cost or how long it may run, as it was applied last; null: no lease"

  # Of the resource, not of the variables: what was edited and not applied is no lease, whoever renews the state.
  value = try({
    max_usd      = terraform_data.lease["own"].triggers_replace[1]
    max_hours    = terraform_data.lease["own"].triggers_replace[2]
    stopped_days = terraform_data.lease["own"].triggers_replace[3]
  }, null)

  # Here, not with the variables: those are looked at in a destroy, too.
  precondition {
    condition     = var.max_usd == null || var.max_hours == null
    error_message = "max_usd and max_hours are both set, and a lease has one limit. Set one of them to null in terraform.tfvars."
  }

  # Not a postcondition there: where only the state is renewed, one of a lease that is not applied yet is an error.
  precondition {
    condition     = try(terraform_data.lease["own"].input.hours_known, true)
    error_message = "max_usd is ${coalesce(var.max_usd, 0)}, and Terraform knows no prices. Run `gpuinfra up`, which asks AWS for them; in plain Terraform set max_hours in its place, or lease_hours beside it: the hours in which the host costs so much."
  }

  precondition {
    condition     = var.stopped_days == null || length(local.has_lease) > 0
    error_message = "stopped_days counts from the end of a lease, and there is none. In terraform.tfvars set max_usd or max_hours, or stopped_days to null."
  }
}
