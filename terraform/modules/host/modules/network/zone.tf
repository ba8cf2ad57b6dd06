# Where the subnet is: the zone asked for, else the first one that has the instance type.

data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.instance_type]
  }
}

# Kept as long as the subnet lives: another order of zones must not move the host.
resource "terraform_data" "zone" {
  input            = var.availability_zone != null ? var.availability_zone : try(sort(data.aws_ec2_instance_type_offerings.zones.locations)[0], null)
  triggers_replace = [var.availability_zone]

  lifecycle {
    ignore_changes = [input]
  }
}
