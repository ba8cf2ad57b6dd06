# Over 200 lines: one run for each law. Private hosts: nobody is let in, and a way out leads to Session Manager.

mock_provider "aws" {
  source = "./tests/mocks"

  override_resource {
    target = module.instance.aws_instance.this
    values = { id = "i-11111111111111111", public_ip = "198.51.100.20", instance_state = "running", instance_lifecycle = "", subnet_id = "subnet-11111111111111111" }
  }
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
  access                       = "ssm"
  elastic_ip                   = false
  private_network              = null
  allowed_cidrs                = ["203.0.113.7/32"]
  public_key_path              = "tests/stack/key.pub"
  egress_ports                 = [80, 443]
  dlc_access                   = false
  job_time_limit               = null
  guard                        = {}

  # the module
  subnet     = null
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
}

run "a_private_host_lies_in_the_default_vpc_and_lets_nobody_in" {
  module {
    source = "./modules/host"
  }

  override_data {
    target = data.aws_subnets.in_default
    values = { ids = ["subnet-11111111111111111", "subnet-22222222222222222"] }
  }

  assert {
    condition     = output.access == "ssm" && output.public_ip == "198.51.100.20" && output.vpc_id == "vpc-11111111111111111"
    error_message = "the outputs do not tell where it is, or the address by which it goes out"
  }

  assert {
    condition     = length(output.allowed_cidrs) == 0
    error_message = "somebody is let in"
  }

  assert {
    condition     = length(module.network) == 0
    error_message = "a network that costs money by the hour"
  }
}

run "one_that_lies_elsewhere_is_kept_from_losing_its_network" {
  command = plan

  module {
    source = "./modules/host"
  }

  override_data {
    target = data.aws_subnets.in_default
    values = { ids = ["subnet-22222222222222222"] }
  }

  expect_failures = [output.vpc_id]
}

run "with_nat_it_has_a_network_of_its_own_and_no_address" {
  state_key = "nat"

  module {
    source = "./modules/host"
  }

  variables {
    private_network = "nat"
  }

  # It is not asked for.
  override_data {
    target = data.aws_vpcs.default
    values = { ids = [] }
  }

  assert {
    condition     = output.subnet_id == module.network["own"].subnet_id && output.vpc_id == module.network["own"].vpc_id
    error_message = "the host is not in its own network"
  }

  assert {
    condition     = length(output.allowed_cidrs) == 0
    error_message = "it can be reached"
  }
}

run "endpoints_are_no_more" {
  command   = plan
  state_key = "endpoints"

  module {
    source = "./modules/host"
  }

  variables {
    private_network = "endpoints"
  }

  expect_failures = [output.vpc_id]
}

run "no_address_is_asked_for_where_it_would_lead_nowhere" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    name_prefix        = "gpuinfra-default"
    user_data_base64   = "I2Nsb3VkLWNvbmZpZwo="
    key_name           = "gpuinfra-default-1"
    security_group_ids = ["sg-11111111111111111"]
    subnet_id          = "subnet-11111111111111111"
    public_address     = false
  }

  assert {
    condition     = !aws_instance.this.associate_public_ip_address
    error_message = "a public address is asked for"
  }
}

run "with_nat_the_way_out_leads_everywhere" {
  module {
    source = "./modules/host/modules/network"
  }

  assert {
    condition     = aws_route.to_nat["nat"].nat_gateway_id == aws_nat_gateway.this["nat"].id && aws_route.to_nat["nat"].route_table_id == aws_route_table.private.id
    error_message = "the private subnet does not lead to the NAT gateway"
  }

  assert {
    condition     = aws_nat_gateway.this["nat"].subnet_id == aws_subnet.public["nat"].id && aws_route.to_internet["nat"].gateway_id == aws_internet_gateway.this["nat"].id
    error_message = "the NAT gateway does not lead to the internet"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "what is loaded from S3 costs money by the gigabyte"
  }

  assert {
    condition     = aws_subnet.private.availability_zone == "us-east-1b" && aws_subnet.public["nat"].availability_zone == "us-east-1b"
    error_message = "not the first zone that has the instance type"
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "the default group of the VPC is open"
  }
}

run "a_network_stays_in_its_zone" {
  command = plan

  module {
    source = "./modules/host/modules/network"
  }

  variables {
    availability_zone = "us-east-1c"
  }

  expect_failures = [aws_subnet.private]
}

run "a_private_subnet_of_ones_own_makes_no_network" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    subnet = { id = "subnet-11111111111111111" }
  }

  override_data {
    target = data.aws_subnet.chosen
    values = { vpc_id = "vpc-22222222222222222", availability_zone = "us-east-1b" }
  }

  override_data {
    target = data.aws_route_tables.main
    values = { ids = ["rtb-22222222222222222"] }
  }

  override_data {
    target = data.aws_route_table.private
    values = { routes = [{ cidr_block = "0.0.0.0/0", nat_gateway_id = "nat-22222222222222222", gateway_id = "" }] }
  }

  assert {
    condition     = length(module.network) == 0 && output.subnet_id == "subnet-11111111111111111" && output.vpc_id == "vpc-22222222222222222"
    error_message = "the subnet given is not the one taken"
  }
}

run "a_type_that_no_zone_has" {
  command = plan

  module {
    source = "./modules/host/modules/network"
  }

  override_data {
    target = data.aws_ec2_instance_type_offerings.zones
    values = { locations = [] }
  }

  expect_failures = [aws_subnet.private]
}

run "words_that_are_not_on_the_list" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    access          = "vpn"
    private_network = "none"
  }

  expect_failures = [var.access, var.private_network]
}

run "a_way_out_that_session_manager_cannot_take" {
  command   = plan
  state_key = "new"

  module {
    source = "./modules/host"
  }

  variables {
    egress_ports = [80]
  }

  expect_failures = [var.egress_ports]
}
