# Where the host is asked for, and how it is bought.

mock_provider "aws" {
  source = "./tests/mocks"
}

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

run "the_first_of_each_list_counts" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_types    = ["g6.xlarge", "g5.xlarge"]
    zones             = ["us-east-1c", "us-east-1b"]
    availability_zone = "us-east-1b"
    market            = "spot-then-on-demand"
    max_price         = 0.5
  }

  assert {
    condition     = output.instance_type == "g6.xlarge" && output.availability_zone == "us-east-1c" && local.market == "spot"
    error_message = "a list does not count before the single value, or not its first"
  }
}

run "where_the_host_was_found_counts_before_the_lists" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_types = ["g6.xlarge", "g5.xlarge"]
    zones          = ["us-east-1c", "us-east-1b"]
    market         = "spot-then-on-demand"
    max_price      = 0.5
    pool           = { instance_type = "g5.xlarge", market = "on-demand", zone = "us-east-1b" }
  }

  assert {
    condition     = output.instance_type == "g5.xlarge" && output.availability_zone == "us-east-1b" && local.market == "on-demand"
    error_message = "the host is not asked for where it was found"
  }
}

run "without_a_zone_aws_chooses" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    pool = { instance_type = "g5.xlarge", market = "on-demand" }
  }

  assert {
    condition     = local.availability_zone == null
    error_message = "a zone is asked for that nobody named"
  }
}
