# Only the public half is ever read; a private key made by Terraform would lie in the state.

locals {
  # Type and key. The comment behind them says who and where, and may change.
  type_and_key = "^\\S+ \\S+"
  public_key   = try(regex(local.type_and_key, trimspace(var.public_key)), "")
}

resource "aws_key_pair" "this" {
  key_name_prefix = "${var.name_prefix}-"
  public_key      = local.public_key
  tags            = var.tags

  lifecycle {
    create_before_destroy = true

    # A pair that was made with a comment stays as it is. Nor is it made anew for another key by itself: the
    # host would keep the old one. Whoever has brought it there says so with -replace, as gpuinfra does.
    ignore_changes = [public_key]

    postcondition {
      condition     = try(regex(local.type_and_key, self.public_key), local.public_key) == local.public_key
      error_message = "public_key is another key than that of the host. Add it to ~/.ssh/authorized_keys on the host, then make the pair anew: terraform apply -replace=ADDRESS, where ADDRESS ends in aws_key_pair.this (terraform state list shows it)."
    }

    # A condition, not a validation: those run in destroy too, when the file may have gone.
    precondition {
      condition     = local.public_key != ""
      error_message = "public_key is not a public key that EC2 takes: one line that starts with ssh-ed25519 or ssh-rsa. It comes from the file that public_key_path in terraform.tfvars names, which may not exist; to make a key: ssh-keygen -t ed25519"
    }
  }
}
