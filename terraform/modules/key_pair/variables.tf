variable "name_prefix" {
  description = "Start of the key pair's name"
  type        = string
  nullable    = false
}

variable "public_key" {
  description = "Text of the public key; empty when its file is missing"
  type        = string
  nullable    = false
}

variable "public_key_path" {
  description = "Where that text came from, for the messages"
  type        = string
  nullable    = false
}
