# Over 200 lines: one run for each law. The arguments of the host itself, and how its image is chosen.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name_prefix                  = "gpuinfra-a-stack-name-of-32-characters--"
  region                       = "us-east-1"
  instance_type                = "g4dn.xlarge"
  image                        = "nvidia"
  ami_id                       = null
  subnet_id                    = null
  availability_zone            = null
  user_data_base64             = "I2Nsb3VkLWNvbmZpZwo="
  shutdown_behavior            = "terminate"
  access                       = "ssh"
  key_name                     = "gpuinfra-default-1"
  security_group_ids           = ["sg-11111111111111111"]
  root_volume_size_gb          = 128
  root_volume_iops             = 4000
  root_volume_throughput_mib_s = 250
}

run "the_nvidia_image_is_found_by_owner_and_product_id" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  assert {
    condition     = data.aws_ami_ids.found.owners == tolist(["679593333241"]) && contains(flatten(data.aws_ami_ids.found.filter[*].values), "*676eed8d-dcf5-4784-87d7-0de463205c17*")
    error_message = "another seller or another product could be taken"
  }
}

run "the_aws_image_is_found_by_its_public_parameter" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    image = "aws-nvidia"
  }

  assert {
    condition     = contains(keys(data.aws_ssm_parameter.ami), "x86_64") && contains(flatten(data.aws_ami_ids.found.filter[*].values), "ami-22222222222222222")
    error_message = "the parameter does not decide the image"
  }
}

run "govcloud_has_accounts_of_its_own" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = local.lookups["ubuntu"].owners == ["513442679011"] && local.lookups["aws-nvidia"].owners == ["amazon"]
    error_message = "its images are looked for in accounts of the commercial regions"
  }
}

run "china_has_no_nvidia_image" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  override_data {
    target = data.aws_ami_ids.found
    values = { ids = [] }
  }

  expect_failures = [aws_instance.this]
}

run "ubuntu_on_an_arm_type_is_the_arm_image" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    image         = "ubuntu"
    instance_type = "t4g.large"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["arm64"], gpus = [] }
  }

  override_data {
    target = data.aws_ami.newest
    values = { architecture = "arm64" }
  }

  assert {
    condition     = contains(flatten(data.aws_ami_ids.found.filter[*].values), "arm64") && output.gpu_count == 0
    error_message = "the architecture of the type does not decide the image"
  }
}

run "gpus_of_other_makers_do_not_count" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    image = "ubuntu"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["x86_64"], gpus = [{ manufacturer = "AMD", name = "Radeon Pro V520", count = 1, memory_size = 8192 }] }
  }

  assert {
    condition     = output.gpu_count == 0
    error_message = "an AMD GPU counts as an NVIDIA one"
  }
}

run "a_type_that_knows_no_ebs_optimisation_is_not_asked_for_it" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    image         = "ubuntu"
    instance_type = "t2.medium"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["x86_64"], gpus = [], ebs_optimized_support = "unsupported" }
  }

  assert {
    condition     = aws_instance.this.ebs_optimized == false
    error_message = "EC2 would refuse the launch"
  }
}

run "a_part_of_a_gpu_counts_as_one" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    instance_type = "g6f.large"
  }

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { supported_architectures = ["x86_64"], gpus = [{ manufacturer = "NVIDIA", name = "L4", count = 0, memory_size = 2861 }] }
  }

  assert {
    condition     = output.gpu_count == 1
    error_message = "a type with a part of a GPU is taken for one without"
  }
}

run "an_ami_of_ones_own_is_taken_as_it_is_even_if_its_facts_are_hidden" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    ami_id = "ami-55555555555555555"
  }

  override_data {
    target = data.aws_ami_ids.found
    values = { ids = [] }
  }

  assert {
    condition     = aws_instance.this.ami == "ami-55555555555555555" && output.image == "custom" && output.ami_name == "ami-55555555555555555"
    error_message = "ami_id does not reach the host"
  }
}

run "the_host_is_closed_and_encrypted" {
  module {
    source = "./modules/host/modules/instance"
  }

  assert {
    condition     = one(aws_instance.this.metadata_options).http_tokens == "required" && one(aws_instance.this.metadata_options).http_put_response_hop_limit == 1
    error_message = "IMDSv2 with one hop is not required"
  }

  assert {
    condition     = one(aws_instance.this.root_block_device).encrypted && one(aws_instance.this.root_block_device).volume_type == "gp3"
    error_message = "the root volume is not encrypted gp3"
  }

  assert {
    condition     = !aws_instance.this.monitoring && aws_instance.this.ebs_optimized && aws_instance.this.associate_public_ip_address
    error_message = "detailed monitoring costs money, EBS optimisation or the public address is missing"
  }

  assert {
    condition     = aws_instance.this.user_data_base64 == "I2Nsb3VkLWNvbmZpZwo=" && aws_instance.this.instance_initiated_shutdown_behavior == "terminate"
    error_message = "user data or shutdown behaviour does not reach the host"
  }

  assert {
    condition     = aws_instance.this.key_name == "gpuinfra-default-1" && aws_instance.this.vpc_security_group_ids == toset(["sg-11111111111111111"])
    error_message = "key or security group does not reach the host"
  }

  assert {
    condition     = aws_instance.this.iam_instance_profile == aws_iam_instance_profile.this["own"].name && toset([for action in jsondecode(aws_iam_role_policy.session_manager["own"].policy).Statement[0].Action : split(":", action)[0] if action != "ssm:UpdateInstanceInformation"]) == toset(["ssmmessages", "ec2messages"])
    error_message = "the host may do something other than Session Manager"
  }

  assert {
    condition     = length(aws_iam_role.this["own"].name_prefix) <= 38
    error_message = "IAM takes prefixes of at most 38 characters"
  }
}

run "a_fixed_address_is_the_hosts" {
  state_key = "fixed"

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    elastic_ip = true
  }

  override_resource {
    target = aws_eip.this
    values = { id = "eipalloc-11111111111111111", public_ip = "198.51.100.99" }
  }

  assert {
    condition     = output.public_ip == "198.51.100.99" && aws_eip_association.this["own"].instance_id == aws_instance.this.id && aws_eip_association.this["own"].allocation_id == "eipalloc-11111111111111111"
    error_message = "the address that is told is not the one that stays"
  }
}

run "a_fixed_address_for_a_host_without_any" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    elastic_ip = true
    access     = "ssm"
  }

  expect_failures = [aws_eip.this]
}
