# A host that lets nobody in: it lies in the default VPC, and its public address is its way out only.
# Session Manager carries ssh: aws ssm start-session --target ...

provider "aws" {
  region = "us-east-1"
}

module "host" {
  source = "../../modules/host"

  stack      = "private"
  access     = "ssm"
  public_key = file(var.public_key_path)
}

output "instance_id" {
  description = "The target of Session Manager"
  value       = module.host.instance_id
}
