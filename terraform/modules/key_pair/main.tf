# Only the public half is ever read; a private key made by Terraform would lie in the state.

resource "aws_key_pair" "this" {
  key_name_prefix = "${var.name_prefix}-"
  public_key      = var.public_key

  lifecycle {
    create_before_destroy = true

    # Conditions, not validations: those run in destroy too, when the file may have gone.
    precondition {
      condition     = var.public_key != ""
      error_message = "There is no file ${var.public_key_path}. Set public_key_path in terraform.tfvars to your public SSH key, or make one: ssh-keygen -t ed25519 -f ${trimsuffix(var.public_key_path, ".pub")}"
    }

    precondition {
      condition     = var.public_key == "" || can(regex("^ssh-(ed25519|rsa) AAAA[0-9A-Za-z+/]+=*( [^\n]*)?$", var.public_key))
      error_message = "${var.public_key_path} is not one public key that EC2 takes: a single line that starts with ssh-ed25519 or ssh-rsa. Set public_key_path in terraform.tfvars to such a file, or make one: ssh-keygen -t ed25519"
    }
  }
}
