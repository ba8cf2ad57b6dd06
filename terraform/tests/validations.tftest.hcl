# Over 200 lines: a list of wrong values, one run for each. What the text of a value alone can tell: every
# variable that a run expects to fail must be refused, by the root where it alone has it, else by the module.

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

  # the module
  subnet     = null
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
}

run "names_that_would_break_a_tag_or_a_script" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    stack   = "default\n"
    owner   = "ada l"
    project = "$(id)"
    tags    = { "my;team" = "blue" }
  }

  expect_failures = [var.stack, var.owner, var.project, var.tags]
}

run "names_too_long_in_capitals_or_ours" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    stack   = "a23456789012345678901234567890123"
    owner   = "Ada"
    project = "GPU"
    tags    = { "gpuinfra:stack" = "other" }
  }

  expect_failures = [var.stack, var.owner, var.project, var.tags]
}

run "words_that_are_not_on_the_list" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    shutdown_behavior = "hibernate"
    tags              = { Name = "mine" }
    job_time_limit    = "soon"
  }

  expect_failures = [var.shutdown_behavior, var.tags, var.job_time_limit]
}

run "a_conda_that_is_not_on_the_list" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    installer = "mamba"
  }

  expect_failures = [var.installer]
}

run "a_time_without_a_unit" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    job_time_limit = "12"
  }

  expect_failures = [var.job_time_limit]
}

run "a_time_of_nothing" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    job_time_limit = "0h"
  }

  expect_failures = [var.job_time_limit]
}

run "ids_of_the_wrong_kind" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    instance_type = "g4dn"
    image         = "windows"
    ami_id        = "NVIDIA GPU Cloud VMI Base"
    subnet        = { id = "vpc-11111111111111111" }
    tags          = { team = join("", range(200)) }
  }

  expect_failures = [var.instance_type, var.image, var.ami_id, var.subnet, var.tags]
}

run "a_place_of_the_wrong_kind" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    subnet_id         = "vpc-11111111111111111"
    availability_zone = "us-west-2a"
  }

  expect_failures = [var.subnet_id, var.availability_zone]
}

run "a_zone_given_as_region" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    region = "us-east-1a"
  }

  expect_failures = [var.region]
}

run "the_private_key" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    public_key_path = "~/.ssh/id_ed25519"
  }

  expect_failures = [var.public_key_path]
}

run "numbers_that_are_too_small" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_size_gb = 7
    egress_ports        = [0, 443]
  }

  expect_failures = [var.root_volume_size_gb, var.egress_ports]
}

run "numbers_that_are_not_whole" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_size_gb = 128.5
    egress_ports        = [22.5]
  }

  expect_failures = [var.root_volume_size_gb, var.egress_ports]
}

run "numbers_that_are_too_high" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_size_gb = 65537
    egress_ports        = [65536]
  }

  expect_failures = [var.root_volume_size_gb, var.egress_ports]
}

run "speeds_below_what_comes_with_the_volume" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_iops = 2999
  }

  expect_failures = [var.root_volume_iops]
}

run "more_iops_than_500_for_each_gigabyte" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_size_gb = 10
    root_volume_iops    = 5001
  }

  expect_failures = [var.root_volume_iops]
}

run "more_throughput_than_a_quarter_of_the_iops" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    root_volume_throughput_mib_s = 751
  }

  expect_failures = [var.root_volume_throughput_mib_s]
}

run "the_world" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "half_the_world" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["128.0.0.0/1"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "the_world_by_ipv6" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["::/0"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "one_block_wider_than_24_among_good_ones" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["203.0.113.7/32", "10.0.0.0/23"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "an_ipv6_block_wider_than_64" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["2001:db8::/63"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "an_address_without_length" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["203.0.113.7"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "a_block_with_bits_beyond_its_length" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["203.0.113.7/24"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "an_ipv6_block_in_a_long_form" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["2001:0db8:0001:0002::/64"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "two_tag_keys_that_differ_in_capitals" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags = { Team = "a", team = "b" }
  }

  expect_failures = [var.tags]
}

run "a_tag_key_with_a_comma" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags = { "cost,center" = "a" }
  }

  expect_failures = [var.tags]
}

run "a_tag_value_with_a_semicolon" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags = { team = "a;b" }
  }

  expect_failures = [var.tags]
}

run "our_tag_in_other_letters" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags = { "GPUinfra:Owner" = "a" }
  }

  expect_failures = [var.tags]
}

run "the_name_in_small_letters" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags = { name = "a" }
  }

  expect_failures = [var.tags]
}

run "this_machine_as_an_address" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["127.0.0.1/32"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "the_metadata_service_as_an_address" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["169.254.169.254/32"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "a_group_of_receivers" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["224.0.0.1/32"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "an_address_on_one_wire" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = ["fe80::1/128"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "more_addresses_than_rules" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    allowed_cidrs = [for n in range(51) : "198.51.100.${n}/32"]
  }

  expect_failures = [var.allowed_cidrs]
}

run "what_iam_takes" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags          = { "Cost Center" = "a b/c", "acme/stage" = "", "équipe" = "café @+=" }
    allowed_cidrs = ["10.0.0.5/32", "fd00::1/128", "2001:db8::1/128"]
  }

  assert {
    condition     = length(var.tags) == 3
    error_message = "refused"
  }
}

run "tags_of_others_that_are_ours" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    tags                = { team = "blue" }
    ignore_tag_prefixes = ["te"]
  }

  expect_failures = [var.ignore_tag_prefixes]
}

run "all_tags_as_others" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    ignore_tag_prefixes = ["gpuinfra"]
  }

  expect_failures = [var.ignore_tag_prefixes]
}

run "a_guard_that_never_waits" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = { idle_minutes = 1 }
  }

  expect_failures = [var.guard]
}

run "a_warning_longer_than_the_wait" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = { idle_minutes = 30, warn_minutes = 20 }
  }

  expect_failures = [var.guard]
}

run "a_guard_that_ends_at_once" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = { max_hours = 0 }
  }

  expect_failures = [var.guard]
}

run "hours_of_no_day" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    guard = { off_hours = "8pm-8am" }
  }

  expect_failures = [var.guard]
}

run "a_guard_with_a_misspelled_name" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    guard = { idle_minute = 15 }
  }

  expect_failures = [var.guard]
}

run "a_budget_of_nothing" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    budget_usd   = 0
    budget_email = "ada@example.com"
  }

  expect_failures = [var.budget_usd]
}

run "a_budget_that_nobody_hears_of" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    budget_usd = 100
  }

  expect_failures = [var.budget_usd]
}

run "an_address_that_is_none" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    budget_usd   = 100
    budget_email = "ada@example.com, bob@example.com"
  }

  expect_failures = [var.budget_email]
}

run "types_of_none" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_types = []
  }

  expect_failures = [var.instance_types]
}

run "a_type_twice" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_types = ["g5.xlarge", "g5.xlarge"]
  }

  expect_failures = [var.instance_types]
}

run "types_that_are_none" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_types = ["g5.xlarge", "xlarge"]
  }

  expect_failures = [var.instance_types]
}

run "zones_of_none" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    zones = []
  }

  expect_failures = [var.zones]
}

run "a_zone_twice" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    zones = ["us-east-1a", "us-east-1a"]
  }

  expect_failures = [var.zones]
}

run "zones_of_another_region" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    zones = ["us-east-1a", "eu-west-1a"]
  }

  expect_failures = [var.zones]
}

run "a_market_that_is_none" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    market = "auction"
  }

  expect_failures = [var.market]
}

run "a_highest_price_of_a_host_on_demand" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    max_price = 0.5
  }

  expect_failures = [var.max_price]
}

run "a_highest_price_of_nothing" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    max_price = 0
    market    = "spot-then-on-demand"
  }

  expect_failures = [var.max_price]
}

run "a_place_in_a_market_that_is_none" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    pool = { instance_type = "g5.xlarge", market = "auction" }
  }

  expect_failures = [var.pool]
}

run "a_market_that_a_host_cannot_have" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    market = "spot-then-on-demand"
  }

  expect_failures = [var.market]
}

run "a_highest_price_of_a_host_on_demand_of_a_module" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    max_price = 0.5
  }

  expect_failures = [var.max_price]
}

run "a_highest_price_of_less_than_aws_takes" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    max_price = 0.0001
    market    = "spot"
  }

  expect_failures = [var.max_price]
}

run "a_block_without_its_id" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    market = "capacity-block"
  }

  expect_failures = [var.capacity_reservation_id]
}

run "a_reservation_that_is_none" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    capacity_reservation_id = "rsv-1"
  }

  expect_failures = [var.capacity_reservation_id]
}

run "a_reservation_of_the_spot_market" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    capacity_reservation_id = "cr-0123456789abcdef0"
    market                  = "spot"
  }

  expect_failures = [var.capacity_reservation_id]
}

run "a_reservation_with_several_types" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    capacity_reservation_id = "cr-0123456789abcdef0"
    instance_types          = ["p5.48xlarge", "p4d.24xlarge"]
  }

  expect_failures = [var.capacity_reservation_id]
}

run "a_reservation_with_several_zones" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    capacity_reservation_id = "cr-0123456789abcdef0"
    zones                   = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.capacity_reservation_id]
}

run "a_reservation_of_two_markets" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    capacity_reservation_id = "cr-0123456789abcdef0"
    market                  = "spot-then-on-demand"
  }

  expect_failures = [var.capacity_reservation_id]
}
