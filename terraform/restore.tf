# Where a stopped host comes back that its own zone has no room for: `gpuinfra start` gives it to one apply, no file
# holds it. The copy of its disk is deleted when the new host is proven; what is recorded then leaves the plan empty.

variable "restore" {
  description = "A copy of the host's disk (an AMI of the account's), and where a host is made from it: `gpuinfra start` says it for one apply. null: none."
  type = object({
    ami_id        = string
    image         = string
    name          = string
    instance_type = string
    market        = string
    zone          = string
  })
  default = null
}
