# Since there may be none of them, with security_group_ids and key_name: the same objects under a key.

moved {
  from = module.security_group
  to   = module.security_group["own"]
}

moved {
  from = module.key_pair
  to   = module.key_pair["own"]
}
