# A host that is made from the copy of its own disk, in another place: `gpuinfra start` says it for one apply.

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

run "the_place_of_the_copy_counts_before_all" {
  command = plan

  module {
    source = "./tests/stack"
  }

  variables {
    zones = ["us-east-1c"]
    pool  = { instance_type = "g5.xlarge", market = "on-demand", zone = "us-east-1c" }
    restore = {
      ami_id        = "ami-0123456789abcdef0"
      image         = "nvidia"
      name          = "the image of the first day"
      instance_type = "g6.xlarge"
      market        = "on-demand"
      zone          = "us-east-1b"
    }
  }

  assert {
    condition     = output.instance_type == "g6.xlarge" && output.availability_zone == "us-east-1b"
    error_message = "the host is not made where there is room for it"
  }

  assert {
    condition     = output.ami_id == "ami-0123456789abcdef0" && output.image == "nvidia" && output.ami_name == "the image of the first day"
    error_message = "it is not made from the copy of its disk, or forgets what that was first made from"
  }
}

run "what_is_no_image_is_refused" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"
    restore    = { ami_id = "snap-0123456789abcdef0", image = "nvidia", name = "x" }
  }

  expect_failures = [var.restore]
}
