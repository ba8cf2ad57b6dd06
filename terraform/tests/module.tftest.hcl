# The module as another root calls it: a few lines, tags of all kinds, settings for a living host.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  public_key    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
  allowed_cidrs = []
  owner         = null
  tags          = {}
  subnet        = null
}

run "a_key_is_enough" {
  module {
    source = "./modules/host"
  }

  assert {
    condition     = output.stack == "default" && output.owner == null && length(output.allowed_cidrs) == 0
    error_message = "a call of a few lines is not closed"
  }

  assert {
    condition     = output.bootstrapped == false && output.metadata_tags
    error_message = "a host without first-boot instructions is said to have had some"
  }

  assert {
    condition     = local.tags == { "Name" = "gpuinfra-default", "gpuinfra:project" = "gpuinfra", "gpuinfra:stack" = "default" }
    error_message = "the module does not tag by itself, or with an owner that nobody named"
  }
}

run "what_the_caller_says_reaches_the_host" {
  module {
    source = "./modules/host"
  }

  variables {
    user_data_base64             = "I2Nsb3VkLWNvbmZpZwo="
    root_volume_size_gb          = 300
    root_volume_iops             = 6000
    root_volume_throughput_mib_s = 500
  }

  assert {
    condition     = output.bootstrapped && output.root_volume_size_gb == 300 && module.instance.root_volume.iops == 6000 && module.instance.root_volume.throughput_mib_s == 500
    error_message = "user data or the disk got lost"
  }
}

run "tags_that_the_provider_sets_are_not_set_again" {
  module {
    source = "./modules/host"
  }

  variables {
    owner = "ada"
  }

  override_data {
    target = data.aws_default_tags.provider
    values = { tags = { "Name" = "gpuinfra-default", "gpuinfra:project" = "other", "gpuinfra:stack" = "default", "gpuinfra:owner" = "ada" } }
  }

  assert {
    condition     = local.tags == { "gpuinfra:project" = "gpuinfra" }
    error_message = "a host that the provider tags would change"
  }
}

run "a_tag_that_the_instance_cannot_hold_goes_on_all_the_rest" {
  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    name_prefix                  = "gpuinfra-default"
    region                       = "us-east-1"
    instance_type                = "g4dn.xlarge"
    image                        = "nvidia"
    shutdown_behavior            = "stop"
    key_name                     = "gpuinfra-default-1"
    security_group_ids           = ["sg-11111111111111111"]
    root_volume_size_gb          = 128
    root_volume_iops             = 3000
    root_volume_throughput_mib_s = 125
    tags                         = { "Cost Center" = "42", "acme/stage" = "test", "team" = "blue" }
    settings                     = { "gpuinfra:job-time-limit" = "12h" }
  }

  assert {
    condition     = aws_instance.this.tags == tomap({ "team" = "blue", "gpuinfra:job-time-limit" = "12h" })
    error_message = "EC2 would refuse the instance's tags"
  }

  assert {
    condition     = one(aws_instance.this.root_block_device).tags == tomap({ "Cost Center" = "42", "acme/stage" = "test", "team" = "blue" }) && aws_iam_role.this["own"].tags["Cost Center"] == "42"
    error_message = "a tag got lost, or a setting is on more than the instance"
  }

  assert {
    condition     = one(aws_instance.this.metadata_options).instance_metadata_tags == "enabled" && output.metadata_tags
    error_message = "settings do not reach the host"
  }
}

run "where_the_provider_puts_such_a_tag_on_the_instance_reading_tags_is_off" {
  module {
    source = "./modules/host"
  }

  override_data {
    target = module.instance.data.aws_default_tags.provider
    values = { tags = { "acme/stage" = "test" } }
  }

  assert {
    condition     = !output.metadata_tags
    error_message = "EC2 would refuse the launch"
  }
}

run "a_setting_is_a_tag_of_the_instance" {
  module {
    source = "./modules/host"
  }

  variables {
    job_time_limit = "90m"
  }

  assert {
    condition     = local.settings == { "gpuinfra:job-time-limit" = "90m", "gpuinfra:guard" = "idle=60 warn=10" }
    error_message = "the setting does not reach the instance"
  }

  assert {
    condition     = !contains(keys(local.tags), "gpuinfra:job-time-limit")
    error_message = "the setting is on everything"
  }
}

run "the_guard_travels_as_one_short_tag" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = { idle_minutes = 90, max_hours = 24, warn_minutes = 5, off_hours = "20-08 Europe/Berlin" }
  }

  assert {
    condition     = local.settings["gpuinfra:guard"] == "idle=90 warn=5 max=24 off=20-08@Europe/Berlin"
    error_message = "the guard's settings do not reach the instance"
  }
}

run "no_guard_is_said_to_the_host" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = null
  }

  assert {
    condition     = local.settings["gpuinfra:guard"] == "off"
    error_message = "a host that is told nothing has a guard"
  }
}
