# A public address that stays the host's: through stop and start, and when the host is replaced. Without it each
# start brings another one. It costs money while the host is stopped, too.

resource "aws_eip" "this" {
  for_each = toset(var.elastic_ip ? ["own"] : [])

  domain = "vpc"
  tags   = var.tags

  lifecycle {
    precondition {
      condition     = var.access == "ssh"
      error_message = "elastic_ip is true, and access is \"${var.access}\": such a host has no public address. Set elastic_ip = false in terraform.tfvars."
    }
  }
}

resource "aws_eip_association" "this" {
  for_each = aws_eip.this

  allocation_id = each.value.id
  instance_id   = aws_instance.this.id
}
