# Over 200 lines: a list of refusals, one run for each. What only AWS or the disk knows: each is refused
# before anything is made.

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
  instance_profile             = null
  permissions_boundary_arn     = null
  kms_key_id                   = null
  ignore_tag_prefixes          = null
  budget_usd                   = null
  budget_email                 = null
  job_time_limit               = null
  guard                        = {}

  # modules
  subnet             = null
  public_key         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM fixture"
  name_prefix        = "gpuinfra-default"
  user_data_base64   = "I2Nsb3VkLWNvbmZpZwo="
  key_name           = "gpuinfra-default-1"
  security_group_ids = ["sg-11111111111111111"]
}

run "no_default_vpc_and_no_subnet" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_vpcs.default
    values = { ids = [] }
  }

  expect_failures = [output.vpc_id]
}

run "a_subnet_that_the_region_does_not_have" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    subnet_id          = "subnet-11111111111111111"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_subnets.chosen
    values = { ids = [] }
  }

  expect_failures = [output.subnet_id]
}

run "a_zone_that_is_not_the_subnets" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    subnet             = { id = "subnet-11111111111111111" }
    availability_zone  = "us-east-1a"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_subnet.chosen
    values = { vpc_id = "vpc-11111111111111111", availability_zone = "us-east-1b" }
  }

  expect_failures = [output.vpc_id]
}

run "a_key_file_that_is_missing_or_not_a_public_key" {
  command = plan

  module {
    source = "./modules/host/modules/key_pair"
  }

  variables {
    public_key = ""
  }

  expect_failures = [aws_key_pair.this]
}

run "user_data_that_is_not_rendered" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    user_data_base64 = ""
  }

  expect_failures = [aws_instance.this]
}

run "an_instance_type_that_the_region_does_not_have" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    instance_type = "g4dn.xlrge"
    image         = "ubuntu"
  }

  override_data {
    target = data.aws_ec2_instance_types.known
    values = { instance_types = [] }
  }

  expect_failures = [aws_instance.this]
}

run "an_image_that_the_region_does_not_have" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  override_data {
    target = data.aws_ami_ids.found
    values = { ids = [] }
  }

  expect_failures = [aws_instance.this]
}

run "a_gpu_image_on_a_type_without_gpu" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    instance_type = "t3.large"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["x86_64"], gpus = [] }
  }

  expect_failures = [terraform_data.image]
}

run "ubuntu_without_driver_on_a_gpu_type" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    image = "ubuntu"
  }

  expect_failures = [terraform_data.image]
}

run "an_image_for_another_architecture" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["arm64"], gpus = [{ manufacturer = "NVIDIA", name = "T4g", count = 1, memory_size = 16384 }] }
  }

  expect_failures = [terraform_data.image]
}

run "a_root_volume_smaller_than_the_image" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    root_volume_size_gb = 127
  }

  expect_failures = [terraform_data.image]
}

run "a_type_of_arm_which_the_bootstrap_is_not_for" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    instance_type      = "c7gd.medium"
    image              = "ubuntu"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = module.host.module.instance.data.aws_ec2_instance_type.this
    values = { supported_architectures = ["arm64"], gpus = [] }
  }

  override_data {
    target = module.host.module.instance.data.aws_ami.newest
    values = { architecture = "arm64" }
  }

  expect_failures = [output.instance_type]
}

run "a_private_subnet_for_a_host_with_an_address" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    subnet_id          = "subnet-44444444444444444"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_route_tables.tied
    values = { ids = ["rtb-11111111111111111"] }
  }

  override_data {
    target = data.aws_route_table.chosen
    values = { routes = [
      { gateway_id = "local", cidr_block = "10.0.0.0/16", vpc_endpoint_id = "", network_interface_id = "" },
      { gateway_id = "", nat_gateway_id = "nat-1", cidr_block = "0.0.0.0/0", vpc_endpoint_id = "", network_interface_id = "" },
    ] }
  }

  expect_failures = [output.subnet_id]
}

run "a_public_subnet_for_a_host_with_an_address_is_taken" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    subnet_id          = "subnet-44444444444444444"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_route_tables.tied
    values = { ids = ["rtb-11111111111111111"] }
  }

  override_data {
    target = data.aws_route_table.chosen
    values = { routes = [{ gateway_id = "igw-1", cidr_block = "0.0.0.0/0", vpc_endpoint_id = "", network_interface_id = "" }] }
  }

  assert {
    condition     = length(local.ways_in) == 1
    error_message = "a public subnet is refused"
  }
}

run "a_default_network_without_a_subnet_in_the_zone" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    availability_zone  = "us-east-1b"
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_subnets.default
    values = { ids = [] }
  }

  expect_failures = [output.vpc_id]
}

run "a_zone_that_does_not_offer_the_type" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    availability_zone  = "us-east-1d"
    security_group_ids = null
    key_name           = null
  }

  expect_failures = [output.vpc_id]
}

run "a_subnet_in_a_zone_that_does_not_offer_the_type" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    subnet             = { id = "subnet-11111111111111111" }
    security_group_ids = null
    key_name           = null
  }

  override_data {
    target = data.aws_subnet.chosen
    values = { vpc_id = "vpc-11111111111111111", availability_zone = "us-east-1d" }
  }

  expect_failures = [output.vpc_id]
}
