# One value's day, first half: from terraform.tfvars to the arguments of the resources.
# tests/stack is a named stack as the command line makes it: links to the root module, own files. Over 200 lines: one
# list of values.

mock_provider "aws" {
  source = "./tests/mocks"
}

# Every key, so that a terraform.tfvars in the root module, which the tests would read, changes nothing.
variables {
  stack                        = "default"
  owner                        = "ada"
  project                      = "gpuinfra"
  tags                         = {}
  region                       = "us-east-1"
  availability_zone            = null
  subnet_id                    = null
  instance_type                = "g4dn.xlarge"
  instance_types               = null
  zones                        = null
  market                       = "on-demand"
  max_price                    = null
  capacity_reservation_id      = null
  pool                         = null
  image                        = "nvidia"
  ami_id                       = null
  shutdown_behavior            = "stop"
  max_usd                      = null
  max_hours                    = null
  stopped_days                 = null
  installer                    = "miniconda"
  root_volume_size_gb          = 128
  root_volume_iops             = 3000
  root_volume_throughput_mib_s = 125
  access                       = "ssh"
  elastic_ip                   = false
  private_network              = null
  allowed_cidrs                = ["203.0.113.7/32"]
  public_key_path              = "tests/stack/key.pub"
  egress_ports                 = [80, 443]
  dlc_access                   = false
  security_group_ids           = null
  key_name                     = null
  instance_profile             = null
  permissions_boundary_arn     = null
  kms_key_id                   = null
  ignore_tag_prefixes          = null
  budget_usd                   = null
  budget_email                 = null
  job_time_limit               = null
  guard                        = {}
}

run "a_plain_tfvars_makes_a_gpu_host" {
  module {
    source = "./tests/stack"
  }

  assert {
    condition     = output.stack == "default" && output.owner == "ada" && output.region == "us-east-1"
    error_message = "names do not reach the outputs"
  }

  assert {
    condition     = output.instance_type == "g4dn.xlarge" && output.gpu_count == 1 && output.image == "nvidia"
    error_message = "the host is not a GPU host"
  }

  assert {
    condition     = output.ami_id == "ami-33333333333333333" && output.ami_name == "NVIDIA GPU Cloud VMI Base"
    error_message = "the newest image is not the one taken"
  }

  assert {
    condition     = output.public_ip == "198.51.100.20" && output.ssh_user == "ubuntu" && output.private_key_path == "tests/stack/key"
    error_message = "the outputs do not tell how to get in"
  }
}

run "what_the_user_writes_reaches_the_host" {
  module {
    source = "./tests/stack"
  }

  variables {
    stack                        = "trial"
    project                      = "vision"
    tags                         = { team = "blue" }
    instance_type                = "g4dn.12xlarge"
    allowed_cidrs                = ["198.51.100.0/24"]
    root_volume_size_gb          = 300
    root_volume_iops             = 6000
    root_volume_throughput_mib_s = 500
  }

  assert {
    condition     = output.instance_type == "g4dn.12xlarge" && output.allowed_cidrs == tolist(["198.51.100.0/24"])
    error_message = "type or addresses got lost"
  }

  assert {
    condition     = output.root_volume_size_gb == 300
    error_message = "the disk got lost"
  }

  assert {
    condition = local.default_tags == {
      "Name"             = "gpuinfra-trial"
      "team"             = "blue"
      "gpuinfra:project" = "vision"
      "gpuinfra:stack"   = "trial"
      "gpuinfra:owner"   = "ada"
    }
    error_message = "the tags are not ours plus the user's"
  }
}

run "a_host_is_not_forgotten_because_region_was_edited" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    region = "eu-central-1"
  }

  expect_failures = [terraform_data.region]
}

run "ssh_is_open_to_named_addresses_only_and_the_way_out_to_named_ports_only" {
  module {
    source = "./modules/host/modules/security_group"
  }

  variables {
    name_prefix   = "gpuinfra-default"
    vpc_id        = "vpc-11111111111111111"
    allowed_cidrs = ["203.0.113.7/32", "2001:db8:1:2::/64"]
    egress_ports  = [443, 22]
  }

  assert {
    condition     = { for key, rule in aws_vpc_security_group_ingress_rule.ssh : key => coalesce(rule.cidr_ipv4, rule.cidr_ipv6) } == { "203.0.113.7/32" = "203.0.113.7/32", "2001:db8:1:2::/64" = "2001:db8:1:2::/64" }
    error_message = "one rule for each address, keyed by it"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.ssh : rule.from_port == 22 && rule.to_port == 22 && rule.ip_protocol == "tcp"])
    error_message = "something other than port 22 is open"
  }

  assert {
    condition     = sort(keys(aws_vpc_security_group_egress_rule.this)) == tolist(["tcp-22-ipv4", "tcp-22-ipv6", "tcp-443-ipv4", "tcp-443-ipv6"])
    error_message = "one rule out for each port and address family"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.this : rule.from_port == rule.to_port && rule.ip_protocol == "tcp"])
    error_message = "a rule out covers more than its port"
  }
}

run "nobody_gets_in_with_an_empty_list" {
  module {
    source = "./modules/host/modules/security_group"
  }

  variables {
    name_prefix   = "gpuinfra-default"
    vpc_id        = "vpc-11111111111111111"
    allowed_cidrs = []
    egress_ports  = [443]
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.ssh) == 0
    error_message = "a rule without an address"
  }
}

run "a_budget_mails_at_three_marks_about_this_stack_alone" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    stack            = "big"
    public_key       = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
    user_data_base64 = "I2Nsb3VkLWNvbmZpZwo="
    budget_usd       = 100
    budget_email     = "ada@example.com"
  }

  assert {
    condition     = one(aws_budgets_budget.this["own"].cost_filter).values == tolist(["user:gpuinfra:stack$big"]) && aws_budgets_budget.this["own"].limit_amount == "100"
    error_message = "the budget is not about this stack, or not about 100 USD"
  }

  assert {
    condition     = toset([for mail in aws_budgets_budget.this["own"].notification : mail.threshold]) == toset([50, 80, 100])
    error_message = "it does not mail at 50, 80 and 100 %"
  }
}
