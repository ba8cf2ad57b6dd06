# Every example plans and applies as it stands. tests/e2e/test_module.py makes two of them for real.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "eu"
  source = "./tests/mocks"
}

variables {
  public_key_path = "tests/stack/key.pub"
}

run "minimal" {
  module {
    source = "./examples/minimal"
  }

  assert {
    condition     = output.public_ip == "198.51.100.20"
    error_message = "no host"
  }
}

run "private" {
  module {
    source = "./examples/private"
  }

  override_resource {
    target = module.host.module.instance.aws_instance.this
    values = { public_ip = "198.51.100.20", instance_state = "running", instance_lifecycle = "", subnet_id = "subnet-11111111111111111" }
  }

  override_data {
    target = module.host.data.aws_subnets.in_default
    values = { ids = ["subnet-11111111111111111"] }
  }

  assert {
    condition     = length(module.host.allowed_cidrs) == 0
    error_message = "somebody is let in"
  }
}

run "a_part_of_something_larger" {
  module {
    source = "./examples/as-module"
  }

  override_data {
    target = module.host.data.aws_subnet.chosen
    values = { vpc_id = "vpc-22222222222222222", availability_zone = "us-east-1b" }
  }

  assert {
    condition     = module.host.subnet_id == aws_subnet.public.id && output.host.vpc_id == "vpc-22222222222222222"
    error_message = "the host is not in the subnet that the same apply made"
  }

  assert {
    condition     = aws_iam_role_policy.data.role == module.host.role_name
    error_message = "the policy is not the host's"
  }
}

run "two_hosts_and_another_region" {
  module {
    source = "./examples/two-hosts"
  }

  providers = {
    aws    = aws
    aws.eu = aws.eu
  }

  assert {
    condition     = sort(keys(output.addresses)) == tolist(["ann", "bob", "eu"])
    error_message = "a host is missing"
  }
}
