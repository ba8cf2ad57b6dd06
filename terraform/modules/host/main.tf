# One host on EC2 with all that belongs to it. No provider block: the caller's provider is used, with its
# region, its credentials, its default and ignored tags.

module "security_group" {
  source   = "./modules/security_group"
  for_each = toset(var.security_group_ids == null ? ["own"] : [])

  name_prefix   = local.name
  tags          = local.tags
  vpc_id        = local.vpc_id
  allowed_cidrs = var.access == "ssh" ? var.allowed_cidrs : []
  egress_ports  = var.egress_ports
}

module "key_pair" {
  source   = "./modules/key_pair"
  for_each = toset(var.key_name == null ? ["own"] : [])

  name_prefix = local.name
  tags        = local.tags
  public_key  = var.public_key
}

locals {
  security_group_ids = var.security_group_ids != null ? var.security_group_ids : toset([for group in module.security_group : group.id])
}

module "instance" {
  source = "./modules/instance"

  name_prefix = local.name
  tags        = local.tags
  region      = local.region

  # host
  instance_type     = var.instance_type
  image             = var.image
  ami_id            = var.ami_id
  user_data_base64  = var.user_data_base64
  shutdown_behavior = var.shutdown_behavior
  settings          = local.settings

  # how it is bought
  market                  = var.market
  max_price               = var.max_price
  capacity_reservation_id = var.capacity_reservation_id

  # access
  access                   = var.access
  public_address           = local.public_address
  elastic_ip               = var.elastic_ip
  dlc_access               = var.dlc_access
  instance_profile         = var.instance_profile
  permissions_boundary_arn = var.permissions_boundary_arn
  key_name                 = var.key_name != null ? var.key_name : one([for pair in module.key_pair : pair.key_name])
  security_group_ids       = local.security_group_ids

  # network
  subnet_id         = local.subnet_id
  availability_zone = var.availability_zone

  # storage
  root_volume_size_gb          = var.root_volume_size_gb
  root_volume_iops             = var.root_volume_iops
  root_volume_throughput_mib_s = var.root_volume_throughput_mib_s
  kms_key_id                   = var.kms_key_id
}
