# What a host that lives keeps, whatever its surroundings become. An id that is known again while planning is
# the host's own: one that would be replaced has none yet.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name_prefix                  = "gpuinfra-default"
  region                       = "us-east-1"
  instance_type                = "g4dn.xlarge"
  image                        = "nvidia"
  ami_id                       = null
  subnet_id                    = null
  availability_zone            = null
  user_data_base64             = "I2Nsb3VkLWNvbmZpZwo="
  shutdown_behavior            = "stop"
  access                       = "ssh"
  key_name                     = "gpuinfra-default-1"
  security_group_ids           = ["sg-11111111111111111"]
  root_volume_size_gb          = 128
  root_volume_iops             = 3000
  root_volume_throughput_mib_s = 125
  tags                         = null
  public_key                   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM bob@old-laptop"
}

run "host" {
  module {
    source = "./modules/host/modules/instance"
  }
}

run "another_key_pair_image_or_user_data_leave_the_host_alone" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    key_name         = "gpuinfra-default-2"
    user_data_base64 = "I2Nsb3VkLWNvbmZpZwojIG5ldwo="
    ami_id           = "ami-55555555555555555"
  }

  assert {
    condition     = output.id == run.host.id && aws_instance.this.key_name == "gpuinfra-default-1"
    error_message = "a living host is changed by what counts at its first boot only"
  }
}

# How a host is bought is settled when it is made.
run "another_market_is_refused_in_words" {
  command = plan

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    market = "spot"
  }

  expect_failures = [aws_instance.this]
}

run "a_spot_host" {
  state_key = "spot"

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    market    = "spot"
    max_price = 0.5
  }

  override_resource {
    target = aws_instance.this
    values = { public_ip = "198.51.100.20", instance_state = "running", instance_lifecycle = "spot" }
  }

  assert {
    condition     = aws_instance.this.instance_market_options[0].market_type == "spot" && aws_instance.this.instance_market_options[0].spot_options[0].spot_instance_type == "one-time" && aws_instance.this.instance_market_options[0].spot_options[0].instance_interruption_behavior == "terminate" && aws_instance.this.instance_market_options[0].spot_options[0].max_price == "0.5"
    error_message = "a spot host is not asked for once, to be ended when AWS takes it back, at the highest price that was named"
  }

  assert {
    condition     = output.market == "spot" && aws_instance.this.instance_initiated_shutdown_behavior == "terminate"
    error_message = "a power-off ends a spot host, and it is not told so"
  }
}

run "another_highest_price_leaves_it_alone" {
  command   = plan
  state_key = "spot"

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    market    = "spot"
    max_price = 0.9
  }

  assert {
    condition     = output.id == run.a_spot_host.id && aws_instance.this.instance_market_options[0].spot_options[0].max_price == "0.5"
    error_message = "a living spot host is changed by what counts when it is made only"
  }
}

run "a_spot_host_stays_one" {
  command   = plan
  state_key = "spot"

  module {
    source = "./modules/host/modules/instance"
  }

  expect_failures = [aws_instance.this]
}

run "a_host_in_a_block_that_was_bought" {
  command   = plan
  state_key = "block"

  module {
    source = "./modules/host/modules/instance"
  }

  variables {
    market                  = "capacity-block"
    capacity_reservation_id = "cr-0123456789abcdef0"
  }

  assert {
    condition     = aws_instance.this.instance_market_options[0].market_type == "capacity-block" && length(aws_instance.this.instance_market_options[0].spot_options) == 0 && aws_instance.this.capacity_reservation_specification[0].capacity_reservation_target[0].capacity_reservation_id == "cr-0123456789abcdef0" && aws_instance.this.instance_initiated_shutdown_behavior == "stop"
    error_message = "the host is not asked for in its block"
  }
}

run "pair" {
  module {
    source = "./modules/host/modules/key_pair"
  }

  assert {
    condition     = aws_key_pair.this.public_key == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM"
    error_message = "more than type and key is given to EC2"
  }
}

run "another_comment_is_the_same_key" {
  command = plan

  module {
    source = "./modules/host/modules/key_pair"
  }

  variables {
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJT5YVvKRDbLfp2Vwv1EGOvhRvlfVmctpvCOWobcrXsM bob@new-laptop"
  }

  assert {
    condition     = output.key_name == run.pair.key_name
    error_message = "another comment makes another key pair"
  }
}

run "another_key_is_refused_until_it_is_on_the_host" {
  command = plan

  module {
    source = "./modules/host/modules/key_pair"
  }

  variables {
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl bob@new-laptop"
  }

  expect_failures = [aws_key_pair.this]
}
