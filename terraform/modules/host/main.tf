locals {
  name = "gpuinfra-${var.stack}"

  tags = merge(var.tags, {
    "Name"             = local.name
    "gpuinfra:project" = var.project
    "gpuinfra:stack"   = var.stack
    "gpuinfra:owner"   = var.owner
  })

  # `try`, and a precondition where the text is used: a file that has gone must not block destroy.
  # Of the key file only what looks like a public key goes further: Terraform shows values in its
  # messages, and a private key named by mistake must be neither there nor in the state.
  public_key       = try(regex("^ssh-(?:ed25519|rsa) AAAA[0-9A-Za-z+/]+=*(?: [^\n]*)?$", trimspace(file(pathexpand(var.public_key_path)))), "")
  user_data_base64 = try(filebase64("${path.root}/user-data.yaml.gz"), "")
}

module "security_group" {
  source = "./modules/security_group"

  name_prefix   = local.name
  vpc_id        = terraform_data.network.input
  allowed_cidrs = var.access == "ssh" ? var.allowed_cidrs : []
  egress_ports  = var.egress_ports
}

module "key_pair" {
  source = "./modules/key_pair"

  name_prefix     = local.name
  public_key      = local.public_key
  public_key_path = var.public_key_path
}

module "instance" {
  source = "./modules/instance"

  name_prefix = local.name
  region      = var.region

  # host
  instance_type     = var.instance_type
  image             = var.image
  ami_id            = var.ami_id
  user_data_base64  = local.user_data_base64
  shutdown_behavior = var.shutdown_behavior

  # access
  access            = var.access
  dlc_access        = var.dlc_access
  key_name          = module.key_pair.key_name
  security_group_id = module.security_group.id

  # network
  subnet_id         = local.subnet_id
  availability_zone = var.availability_zone

  # storage
  root_volume_size_gb          = var.root_volume_size_gb
  root_volume_iops             = var.root_volume_iops
  root_volume_throughput_mib_s = var.root_volume_throughput_mib_s
}
