# Only the public half is ever read; a private key made by Terraform would lie in the state.

resource "aws_key_pair" "this" {
  key_name_prefix = "${var.name_prefix}-"
  public_key      = var.public_key
  tags            = var.tags

  lifecycle {
    create_before_destroy = true

    # A condition, not a validation: those run in destroy too, when the file may have gone.
    precondition {
      condition     = var.public_key != ""
      error_message = "public_key is not a public key that EC2 takes: one line that starts with ssh-ed25519 or ssh-rsa. It comes from the file that public_key_path in terraform.tfvars names, which may not exist; to make a key: ssh-keygen -t ed25519"
    }
  }
}
