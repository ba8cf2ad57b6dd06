# The root: the user's values, the provider (providers.tf) and one call. The host is modules/host,
# which another root can call as well: examples/as-module.

locals {
  # `try`: a file that has gone must not block destroy; an empty text is refused when the host is planned.
  # Of the key file only what looks like a public key goes further: Terraform shows values in its
  # messages, and a private key named by mistake must be neither there nor in the state.
  public_key       = try(regex("^ssh-(?:ed25519|rsa) AAAA[0-9A-Za-z+/]+=*(?: [^\n]*)?$", trimspace(file(pathexpand(var.public_key_path)))), "")
  user_data_base64 = try(filebase64("${path.root}/user-data.yaml.gz"), "")
}

module "host" {
  source = "./modules/host"

  # who and what
  stack   = var.stack
  owner   = var.owner
  project = var.project
  tags    = var.tags

  # where
  availability_zone = local.availability_zone
  subnet            = local.subnet_id == null ? null : { id = local.subnet_id }

  # host
  instance_type     = local.instance_type
  image             = var.image
  ami_id            = var.ami_id
  shutdown_behavior = var.shutdown_behavior
  user_data_base64  = local.user_data_base64

  # how it is bought
  market                  = local.market
  max_price               = local.market == "spot" ? var.max_price : null
  capacity_reservation_id = var.capacity_reservation_id

  # what it may cost
  max_usd      = var.max_usd
  max_hours    = var.max_hours
  stopped_days = var.stopped_days
  lease_hours  = var.lease_hours

  # storage
  root_volume_size_gb          = var.root_volume_size_gb
  root_volume_iops             = var.root_volume_iops
  root_volume_throughput_mib_s = var.root_volume_throughput_mib_s

  # access
  access          = var.access
  elastic_ip      = var.elastic_ip
  private_network = var.private_network
  allowed_cidrs   = var.allowed_cidrs
  public_key      = local.public_key
  egress_ports    = var.egress_ports
  dlc_access      = var.dlc_access

  # what the account has already, or demands
  security_group_ids       = var.security_group_ids
  key_name                 = var.key_name
  instance_profile         = var.instance_profile
  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_id               = var.kms_key_id

  # mails about the bill
  budget_usd   = var.budget_usd
  budget_email = var.budget_email

  # settings of a living host
  job_time_limit = var.job_time_limit
  guard          = var.guard
}
