# States made before modules/host was one module: the same objects under their new names, without any
# change of theirs. To be kept as long as such a host may live.

moved {
  from = module.instance
  to   = module.host.module.instance
}

moved {
  from = module.security_group
  to   = module.host.module.security_group
}

moved {
  from = module.key_pair
  to   = module.host.module.key_pair
}

moved {
  from = module.network
  to   = module.host.module.network
}

# Notes that only the state knew, each now replaced by a rule: the conditions of modules/host/outputs.tf, and the
# subnet's own zone. Named as they are called after the move.

removed {
  from = terraform_data.network

  lifecycle {
    destroy = false
  }
}

removed {
  from = module.host.module.network.terraform_data.zone

  lifecycle {
    destroy = false
  }
}
