# AWS Deep Learning Containers: what the host's role may, and what it may not.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name_prefix                  = "gpuinfra-default"
  region                       = "us-east-1"
  instance_type                = "g4dn.xlarge"
  image                        = "nvidia"
  user_data_base64             = "I2Nsb3VkLWNvbmZpZwo="
  shutdown_behavior            = "stop"
  key_name                     = "gpuinfra-default-1"
  security_group_ids           = ["sg-11111111111111111"]
  root_volume_size_gb          = 128
  root_volume_iops             = 3000
  root_volume_throughput_mib_s = 125
}

run "by_default_the_role_may_pull_nothing" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  assert {
    condition     = length(aws_iam_role_policy.dlc) == 0 && aws_iam_role.this["own"].description == "gpuinfra host: Session Manager only"
    error_message = "the host may pull images though nobody asked for it"
  }
}

run "asked_to_it_may_pull_from_the_one_account_and_region_and_nothing_else" {
  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    dlc_access = true
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.dlc["pull"].policy).Statement[0] == { Action = "ecr:GetAuthorizationToken", Effect = "Allow", Resource = "*" }
    error_message = "something other than the token is allowed everywhere"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.dlc["pull"].policy).Statement[1].Resource == "arn:aws:ecr:us-east-1:763104351884:repository/*"
    error_message = "pulling is not confined to AWS's account"
  }

  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.dlc["pull"].policy).Statement[1].Action) == toset(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    error_message = "the role may do more than pull"
  }
}

run "an_opt_in_region_has_an_account_of_its_own" {
  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    dlc_access = true
    region     = "eu-south-1"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.dlc["pull"].policy).Statement[1].Resource == "arn:aws:ecr:eu-south-1:692866216735:repository/*"
    error_message = "the account of another region is taken"
  }
}

run "a_region_without_them_is_refused_in_words" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    dlc_access = true
    region     = "xx-nowhere-1"
  }

  expect_failures = [aws_iam_role_policy.dlc]
}
