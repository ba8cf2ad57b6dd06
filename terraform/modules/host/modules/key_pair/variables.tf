variable "name_prefix" {
  description = "Start of the key pair's name"
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags; null: none but the provider's own"
  type        = map(string)
  default     = null
}

variable "public_key" {
  description = "Text of the public key; empty when its file is missing or something else"
  type        = string
  nullable    = false
}
