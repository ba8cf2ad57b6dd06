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
