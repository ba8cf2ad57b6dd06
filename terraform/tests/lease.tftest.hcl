# Over 200 lines: a run for each case. The lease: AWS ends the host at a time that Terraform sets once, by a role
# that can do nothing else.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  public_key               = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
  allowed_cidrs            = []
  owner                    = "ada"
  tags                     = {}
  subnet                   = null
  max_usd                  = null
  max_hours                = 10
  stopped_days             = null
  lease_hours              = null
  permissions_boundary_arn = null
}

run "ten_hours_are_a_schedule_for_each_stage" {
  module {
    source = "./modules/host"
  }

  assert {
    condition     = keys(aws_scheduler_schedule.lease) == ["cut-off", "stop"] && alltrue([for one in aws_scheduler_schedule.lease : one.schedule_expression == "rate(1 minutes)"])
    error_message = "a lost call, or a start after the end, would not be followed by another stop"
  }

  assert {
    condition     = timecmp(aws_scheduler_schedule.lease["stop"].start_date, timeadd(timestamp(), "35990s")) > 0 && timecmp(aws_scheduler_schedule.lease["stop"].start_date, timeadd(timestamp(), "36010s")) < 0
    error_message = "the host does not end after ten hours"
  }

  assert {
    # Each schedule is made at a second of its own.
    condition     = timecmp(aws_scheduler_schedule.lease["cut-off"].start_date, timeadd(aws_scheduler_schedule.lease["stop"].start_date, "590s")) > 0 && timecmp(aws_scheduler_schedule.lease["cut-off"].start_date, timeadd(aws_scheduler_schedule.lease["stop"].start_date, "610s")) < 0
    error_message = "a host that hangs is not cut off ten minutes later"
  }

  assert {
    condition     = jsondecode(one(aws_scheduler_schedule.lease["stop"].target).input) == { InstanceIds = [output.instance_id] } && jsondecode(one(aws_scheduler_schedule.lease["cut-off"].target).input) == { InstanceIds = [output.instance_id], SkipOsShutdown = true }
    error_message = "not this host is ended, or its system is not asked first"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.lease["own"].policy).Statement == [{ Effect = "Allow", Action = ["ec2:StopInstances"], Resource = output.instance_arn }]
    error_message = "the role may do more than stop this host"
  }

  assert {
    condition     = jsondecode(aws_iam_role.lease["own"].assume_role_policy).Statement[0].Condition.StringEquals == { "aws:SourceAccount" = "123456789012", "aws:SourceArn" = aws_scheduler_schedule_group.lease["own"].arn }
    error_message = "schedules of others can use the role"
  }

  assert {
    condition     = output.lease.max_hours == 10 && output.lease.max_usd == null
    error_message = "what was applied is not told"
  }
}

run "a_spot_host_is_terminated_as_ec2_does_not_stop_one" {
  state_key = "spot"

  module {
    source = "./modules/host"
  }

  variables {
    market = "spot"
  }

  override_resource {
    target = module.instance.aws_instance.this
    values = { instance_lifecycle = "spot", arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0" }
  }

  assert {
    condition     = alltrue([for it in aws_scheduler_schedule.lease : endswith(one(it.target).arn, ":aws-sdk:ec2:terminateInstances")])
    error_message = "EC2 refuses to stop it, so that nothing would end it"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.lease["own"].policy).Statement[0].Action == ["ec2:TerminateInstances"]
    error_message = "the role may not end it, or may do more"
  }
}

run "what_has_been_used_since_changes_nothing" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    lease_hours = 3
  }

  assert {
    condition     = timecmp(aws_scheduler_schedule.lease["stop"].start_date, timeadd(plantimestamp(), "35000s")) > 0
    error_message = "each plan would move the end"
  }
}

run "another_limit_begins_anew_with_what_is_left" {
  module {
    source = "./modules/host"
  }

  variables {
    max_hours    = 12
    lease_hours  = 5
    stopped_days = 7
  }

  assert {
    condition     = timecmp(aws_scheduler_schedule.lease["stop"].start_date, timeadd(timestamp(), "18010s")) < 0
    error_message = "the end is not five hours from now"
  }

  assert {
    condition     = timecmp(aws_scheduler_schedule.lease["terminate"].start_date, timeadd(aws_scheduler_schedule.lease["stop"].start_date, "604790s")) > 0 && timecmp(aws_scheduler_schedule.lease["terminate"].start_date, timeadd(aws_scheduler_schedule.lease["stop"].start_date, "604810s")) < 0 && endswith(one(aws_scheduler_schedule.lease["terminate"].target).arn, ":aws-sdk:ec2:terminateInstances")
    error_message = "the host is not terminated seven days after its end"
  }

  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.lease["own"].policy).Statement[0].Action, "ec2:TerminateInstances")
    error_message = "the role may not terminate the host"
  }
}

run "the_role_has_the_boundary_that_the_account_demands" {
  state_key = "boundary"

  module {
    source = "./modules/host"
  }

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = aws_iam_role.lease["own"].permissions_boundary == var.permissions_boundary_arn
    error_message = "the account would refuse the role"
  }
}

run "without_a_limit_there_is_no_lease" {
  state_key = "none"

  module {
    source = "./modules/host"
  }

  variables {
    max_hours = null
  }

  assert {
    condition     = length(aws_scheduler_schedule.lease) == 0 && length(aws_iam_role.lease) == 0 && length(aws_scheduler_schedule_group.lease) == 0 && output.lease == null
    error_message = "something is made for a lease that nobody asked for"
  }
}

run "dollars_need_a_price" {
  command   = plan
  state_key = "none"

  module {
    source = "./modules/host"
  }

  variables {
    max_usd   = 20
    max_hours = null
  }

  expect_failures = [output.lease]
}

run "one_limit_only" {
  command   = plan
  state_key = "none"

  module {
    source = "./modules/host"
  }

  variables {
    max_usd     = 20
    lease_hours = 5
  }

  expect_failures = [output.lease]
}

run "days_after_what" {
  command   = plan
  state_key = "none"

  module {
    source = "./modules/host"
  }

  variables {
    max_hours    = null
    stopped_days = 7
  }

  expect_failures = [output.lease]
}

run "wrong_numbers" {
  command   = plan
  state_key = "none"

  module {
    source = "./modules/host"
  }

  variables {
    max_usd      = -1
    max_hours    = 0
    stopped_days = 0.5
  }

  expect_failures = [var.max_usd, var.max_hours, var.stopped_days]
}

run "a_limit_beyond_all_calendars_is_ten_years" {
  module {
    source = "./modules/host"
  }

  variables {
    max_hours    = 100000000
    stopped_days = 1000000
  }

  assert {
    condition     = timecmp(aws_scheduler_schedule.lease["stop"].start_date, timeadd(timestamp(), "87000h")) > 0
    error_message = "the end is not in ten years"
  }
}
