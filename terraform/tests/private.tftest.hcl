# Over 200 lines: one run for each law. Private hosts: no address, no open port, a network that leads out.

mock_provider "aws" {
  source = "./tests/mocks"

  override_resource {
    target = module.instance.aws_instance.this
    values = { public_ip = "", instance_state = "running" }
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
  installer                    = "miniconda"
  root_volume_size_gb          = 128
  root_volume_iops             = 3000
  root_volume_throughput_mib_s = 125
  access                       = "ssm"
  elastic_ip                   = false
  private_network              = "nat"
  allowed_cidrs                = ["203.0.113.7/32"]
  public_key_path              = "tests/stack/key.pub"
  egress_ports                 = [80, 443]
  dlc_access                   = false
  job_time_limit               = null

  # the module
  subnet     = null
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
}

run "a_private_host_has_no_address_no_open_port_and_a_network_of_its_own" {
  module {
    source = "./modules/host"
  }

  # It is not asked for.
  override_data {
    target = data.aws_vpcs.default
    values = { ids = [] }
  }

  assert {
    condition     = output.access == "ssm" && output.public_ip == ""
    error_message = "the outputs do not tell how to get in"
  }

  assert {
    condition     = length(output.allowed_cidrs) == 0
    error_message = "somebody is let in"
  }

  assert {
    condition     = output.subnet_id == module.network["own"].subnet_id && output.vpc_id == module.network["own"].vpc_id
    error_message = "the host is not in its own network"
  }
}

run "an_address_is_not_asked_for" {
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

  variables {
    name_prefix = "gpuinfra-default"
    way_out     = "nat"
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
    condition     = length(aws_vpc_endpoint.interface) == 0 && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "endpoints that cost money beside a NAT gateway, or none for S3"
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
    name_prefix       = "gpuinfra-default"
    way_out           = "nat"
    availability_zone = "us-east-1c"
  }

  expect_failures = [aws_subnet.private]
}

run "with_endpoints_there_is_no_way_to_the_internet" {
  state_key = "endpoints"

  module {
    source = "./modules/host/modules/network"
  }

  variables {
    name_prefix       = "gpuinfra-default"
    way_out           = "endpoints"
    availability_zone = "us-east-1c"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_internet_gateway.this) == 0 && length(aws_route.to_nat) == 0
    error_message = "a way to the internet"
  }

  assert {
    condition     = sort([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == tolist(["com.amazonaws.us-east-1.ec2messages", "com.amazonaws.us-east-1.ssm", "com.amazonaws.us-east-1.ssmmessages"])
    error_message = "not the endpoints of Session Manager"
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "the agent would not find the endpoints"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.https["endpoints"].from_port == 443 && aws_vpc_security_group_ingress_rule.https["endpoints"].cidr_ipv4 == aws_subnet.private.cidr_block
    error_message = "the endpoints let in more, or less, than HTTPS from the private subnet"
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "123456789012" && length(jsondecode(aws_vpc_endpoint.s3.policy).Statement) == 2
    error_message = "everybody's buckets can be reached"
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["ssm"].policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
    error_message = "everybody's parameters can be reached"
  }

  assert {
    condition     = aws_subnet.private.availability_zone == "us-east-1c"
    error_message = "the zone asked for is not taken"
  }
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

run "a_public_subnet_is_refused" {
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
    target = data.aws_route_tables.tied
    values = { ids = ["rtb-22222222222222222"] }
  }

  override_data {
    target = data.aws_route_table.private
    values = { routes = [{ cidr_block = "0.0.0.0/0", gateway_id = "igw-22222222222222222" }] }
  }

  expect_failures = [output.vpc_id]
}

run "a_type_that_no_zone_has" {
  command = plan

  module {
    source = "./modules/host/modules/network"
  }

  variables {
    name_prefix = "gpuinfra-default"
    way_out     = "nat"
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
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    egress_ports = [80]
  }

  expect_failures = [var.egress_ports]
}
