variable "public_key_path" {
  description = "Public half of your SSH key"
  type        = string
  default     = "~/.ssh/id_ed25519.pub"
}
