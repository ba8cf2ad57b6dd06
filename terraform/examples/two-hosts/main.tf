# A host for each of the team, and one more in another region by another provider.

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "eu"
  region = "eu-central-1"
}

module "team" {
  source   = "../../modules/host"
  for_each = { ann = "g4dn.xlarge", bob = "g5.xlarge" }

  stack         = each.key
  owner         = each.key
  instance_type = each.value
  public_key    = file(var.public_key_path)
  allowed_cidrs = ["203.0.113.7/32"]
}

module "eu" {
  source    = "../../modules/host"
  providers = { aws = aws.eu }

  stack         = "eu"
  owner         = "ann"
  public_key    = file(var.public_key_path)
  allowed_cidrs = ["203.0.113.7/32"]
}

output "addresses" {
  description = "Public address of each host"
  value       = merge({ for name, host in module.team : name => host.public_ip }, { eu = module.eu.public_ip })
}
