# Our bootstrap is for x86_64. Here, not in the module, whose caller may bring first-boot instructions of another
# kind, or none.

locals {
  architecture = module.host.architecture

  # What is nearest to a type of Arm's: the same GPU or kind of work, the same size where there is one.
  of_intel = replace(replace(replace(local.instance_type, "/^g5g\\./", "g4dn."), "/^t4g\\./", "t3."), "/^([cmr][678])g(d?)\\./", "$${1}i$${2}.")
  same     = local.of_intel != local.instance_type && !strcontains(local.of_intel, ".metal")
  nearest  = local.same ? replace(local.of_intel, "/^([cmr][678]id?)\\.medium$/", "$${1}.large") : module.host.gpu_count > 0 ? "g4dn.xlarge" : "m7i.large"
}
