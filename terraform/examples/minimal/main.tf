# One GPU host in the default VPC: ssh from one address, everything else as it comes.

provider "aws" {
  region = "us-east-1"
}

module "host" {
  source = "../../modules/host"

  public_key    = file(var.public_key_path)
  allowed_cidrs = ["203.0.113.7/32"]
}

output "public_ip" {
  description = "ssh ubuntu@..."
  value       = module.host.public_ip
}
