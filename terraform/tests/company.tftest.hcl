# A host in a company's account: what is there already is taken in place of ours, and what the account demands
# reaches what we make.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  owner                    = "ada"
  tags                     = {}
  region                   = "us-east-1"
  allowed_cidrs            = ["203.0.113.7/32"]
  public_key               = ""
  subnet                   = null
  security_group_ids       = ["sg-11111111111111111", "sg-22222222222222222"]
  key_name                 = "team-2026"
  instance_profile         = "ml-hosts"
  permissions_boundary_arn = null
  kms_key_id               = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

run "what_the_account_has_is_taken_and_nothing_is_made_beside_it" {
  module {
    source = "./modules/host"
  }

  override_data {
    target = data.aws_security_groups.given
    values = { ids = ["sg-11111111111111111", "sg-22222222222222222"], vpc_ids = ["vpc-11111111111111111", "vpc-11111111111111111"] }
  }

  assert {
    condition     = length(module.security_group) == 0 && length(module.key_pair) == 0 && output.role_name == null && output.role_arn == null
    error_message = "a group, a key pair or a role is made"
  }

  assert {
    condition     = output.security_group_ids == tolist(["sg-11111111111111111", "sg-22222222222222222"]) && output.security_group_id == null && length(output.allowed_cidrs) == 0
    error_message = "the groups do not reach the host, or their rules are called ours"
  }

  assert {
    condition     = output.key_name == "team-2026"
    error_message = "the key pair does not reach the host"
  }
}

run "the_host_has_the_profile_the_groups_and_the_key_of_the_account" {
  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    name_prefix                  = "gpuinfra-default"
    instance_type                = "g4dn.xlarge"
    image                        = "nvidia"
    shutdown_behavior            = "stop"
    root_volume_size_gb          = 128
    root_volume_iops             = 3000
    root_volume_throughput_mib_s = 125
  }

  assert {
    condition     = aws_instance.this.iam_instance_profile == "ml-hosts" && length(aws_iam_role.this) == 0 && length(aws_iam_instance_profile.this) == 0 && length(aws_iam_role_policy.session_manager) == 0
    error_message = "the profile does not reach the host, or a role is made"
  }

  assert {
    condition     = one(aws_instance.this.root_block_device).kms_key_id == var.kms_key_id && one(aws_instance.this.root_block_device).encrypted
    error_message = "the disk is not encrypted by the account's key"
  }

  assert {
    condition     = aws_instance.this.vpc_security_group_ids == var.security_group_ids && aws_instance.this.key_name == "team-2026"
    error_message = "groups or key do not reach the host"
  }
}

run "a_role_of_ours_has_the_boundary_that_the_account_demands" {
  state_key = "boundary"

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    name_prefix                  = "gpuinfra-default"
    instance_type                = "g4dn.xlarge"
    image                        = "nvidia"
    shutdown_behavior            = "stop"
    root_volume_size_gb          = 128
    root_volume_iops             = 3000
    root_volume_throughput_mib_s = 125
    instance_profile             = null
    permissions_boundary_arn     = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = aws_iam_role.this["own"].permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "the account would refuse the role"
  }
}

run "groups_that_are_not_there_or_of_another_network" {
  command = plan

  module {
    source = "./modules/host"
  }

  override_data {
    target = data.aws_security_groups.given
    values = { ids = ["sg-11111111111111111"], vpc_ids = ["vpc-99999999999999999"] }
  }

  expect_failures = [output.vpc_id]
}

run "groups_without_a_network_that_they_could_be_in" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    access          = "ssm"
    private_network = "nat"
  }

  override_data {
    target = data.aws_security_groups.given
    values = { ids = ["sg-11111111111111111", "sg-22222222222222222"], vpc_ids = ["vpc-11111111111111111", "vpc-11111111111111111"] }
  }

  expect_failures = [output.vpc_id]
}

run "what_needs_a_role_of_ours_and_a_key_of_another_region" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    name_prefix                  = "gpuinfra-default"
    instance_type                = "g4dn.xlarge"
    image                        = "nvidia"
    shutdown_behavior            = "stop"
    root_volume_size_gb          = 128
    root_volume_iops             = 3000
    root_volume_throughput_mib_s = 125
    dlc_access                   = true
    permissions_boundary_arn     = "arn:aws:iam::123456789012:policy/boundary"
    kms_key_id                   = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [aws_instance.this]
}

run "names_and_ids_of_another_kind" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    security_group_ids       = ["default"]
    key_name                 = " team"
    instance_profile         = "arn:aws:iam::123456789012:instance-profile/ml-hosts"
    permissions_boundary_arn = "boundary"
    kms_key_id               = "alias/disks"
  }

  expect_failures = [var.security_group_ids, var.key_name, var.instance_profile, var.permissions_boundary_arn, var.kms_key_id]
}

run "no_group_at_all" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    security_group_ids = []
  }

  expect_failures = [var.security_group_ids]
}
