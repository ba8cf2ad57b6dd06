variable "name_prefix" {
  description = "Start of the key pair's name"
  type        = string
  nullable    = false
}

variable "public_key" {
  description = "Text of the public key; empty when its file is missing or something else"
  type        = string
  nullable    = false
}

variable "public_key_path" {
  description = "Its file, for the message"
  type        = string
  nullable    = false
}
