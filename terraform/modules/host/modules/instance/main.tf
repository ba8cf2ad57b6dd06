resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_88: the public address is how its one user reaches the host, at port 22 and from allowed_cidrs only; with access = ssm it is the way out, and no rule lets anybody in
  # checkov:skip=CKV_AWS_126: detailed monitoring costs about 2 USD a month and host, and nothing here reads its metrics
  # checkov:skip=CKV_AWS_135: asked for on every type that knows it; checkov does not see what type.tf computes

  # host
  ami                                  = local.ami_id
  instance_type                        = var.instance_type
  ebs_optimized                        = local.ebs_optimized
  monitoring                           = false
  instance_initiated_shutdown_behavior = var.market == "spot" ? "terminate" : var.shutdown_behavior # EC2 terminates a spot host whatever is said here

  tags = local.instance_tags

  # how it is bought
  dynamic "instance_market_options" {
    for_each = toset(var.market == "on-demand" ? [] : [var.market])

    content {
      market_type = instance_market_options.key

      dynamic "spot_options" {
        for_each = toset(var.market == "spot" ? ["one-time"] : [])

        content {
          spot_instance_type             = spot_options.key
          instance_interruption_behavior = "terminate"
          max_price                      = var.max_price
        }
      }
    }
  }

  dynamic "capacity_reservation_specification" {
    for_each = toset(compact([var.capacity_reservation_id]))

    content {
      capacity_reservation_target {
        capacity_reservation_id = capacity_reservation_specification.key
      }
    }
  }

  # boot
  user_data_base64 = var.user_data_base64

  # access
  key_name             = var.key_name
  iam_instance_profile = var.instance_profile != null ? var.instance_profile : one(values(aws_iam_instance_profile.this)[*].name)

  # network
  availability_zone           = var.availability_zone
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = var.security_group_ids
  associate_public_ip_address = var.public_address

  # A stolen request from a program on the host must not get the role's keys.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = local.metadata_tags ? "enabled" : "disabled"
  }

  # storage
  root_block_device {
    volume_type           = "gp3"
    volume_size           = var.root_volume_size_gb
    iops                  = var.root_volume_iops
    throughput            = var.root_volume_throughput_mib_s
    encrypted             = true
    kms_key_id            = var.kms_key_id
    delete_on_termination = true
    tags                  = var.tags
  }

  lifecycle {
    # A host that is made is never replaced nor restarted because of a newer image or other user
    # data. Nor because it is stopped: it has no public address then, which reads as a difference. Nor
    # for another key pair, which counts at the first boot only, or EBS optimisation, switched off by hand.
    # An imported host has a digest as user_data, which the provider would take back: with a stop and a start.
    # How it is bought is settled when it is made: an edit of that is told by a condition, and plans nothing.
    ignore_changes = [ami, user_data, user_data_base64, associate_public_ip_address, key_name, ebs_optimized, instance_market_options]

    # The new host first: when EC2 refuses it (no capacity, quota), the old one is still there.
    create_before_destroy = true

    # Most private hosts are in another network; and whether there is an address is settled at the start.
    replace_triggered_by = [terraform_data.access]

    precondition {
      condition     = var.user_data_base64 == null || var.user_data_base64 != ""
      error_message = "user_data_base64 is empty: user-data.yaml.gz is missing. Run `gpuinfra plan` (it renders cloud-init/); null gives the image as it comes."
    }

    precondition {
      condition     = local.type != null
      error_message = "Region ${var.region} has no instance type ${var.instance_type}. Set instance_type in terraform.tfvars to one that it has; see: aws ec2 describe-instance-types --region ${var.region} --filters Name=instance-type,Values='g*'"
    }

    precondition {
      condition     = local.ami_id != null
      error_message = "Region ${var.region} shows this account no image ${local.image} for ${local.architecture}${local.image == "nvidia" && local.partition != "aws" ? " (gpuinfra knows it in commercial regions only)" : ""}. Where Allowed AMIs is on, it hides what the account does not allow: aws ec2 get-allowed-images-settings --region ${var.region}. Else set image in terraform.tfvars to another of nvidia, aws-nvidia and ubuntu, or set ami_id."
    }

    precondition {
      condition     = !var.dlc_access || var.instance_profile == null
      error_message = "dlc_access is true, and with instance_profile there is no role of ours to give the right to. Set dlc_access = false in terraform.tfvars, and let the role of ${coalesce(var.instance_profile, "null")} pull the images: ecr:GetAuthorizationToken, ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer."
    }

    precondition {
      condition     = var.permissions_boundary_arn == null || var.instance_profile == null
      error_message = "permissions_boundary_arn is for a role of ours, and with instance_profile none is made. Set one of them to null in terraform.tfvars."
    }

    precondition {
      condition     = var.kms_key_id == null || try(split(":", var.kms_key_id)[3], "") == var.region
      error_message = "kms_key_id is ${coalesce(var.kms_key_id, "null")}, and the host is in ${var.region}: a disk takes a key of its own region. Set kms_key_id in terraform.tfvars to one; see: aws kms list-keys --region ${var.region}"
    }

    # No trigger ties it to the host: one is lost when the new host cannot be had. Of a Capacity Block the provider
    # reads nothing back.
    postcondition {
      condition     = self.id == null || (self.instance_lifecycle == "spot") == (var.market == "spot")
      error_message = "The host ${coalesce(self.id, "null")} is ${coalesce(self.instance_lifecycle, "on-demand")}, and market is ${var.market}: a host that lives keeps its market. Set market in terraform.tfvars back. To have one that is ${var.market}: gpuinfra down, then up, which makes a new host with a new disk."
    }

    postcondition {
      condition     = var.access == "ssm" || self.id == null || self.public_ip != "" || self.instance_state != "running"
      error_message = "The host ${coalesce(self.id, "null")} runs without a public address: its subnet ${coalesce(self.subnet_id, "null")} gives none. Destroy it, then set subnet_id in terraform.tfvars to a public subnet."
    }
  }
}

# Only an edit of it replaces the host; that it is made beside a host that is already there does not.
resource "terraform_data" "access" {
  input = var.access
}

# What the host was made from, kept as long as it lives: a newer image neither changes the outputs
# nor makes the conditions refuse a host that is already there.
resource "terraform_data" "image" {
  input = {
    kind         = local.image
    id           = local.ami_id
    name         = try(var.restore.name, local.ami == null ? coalesce(local.ami_id, "unknown") : local.ami.name)
    architecture = local.ami == null ? local.architecture : local.ami.architecture
    size_gb      = local.ami_size_gb
  }

  lifecycle {
    ignore_changes       = [input]
    replace_triggered_by = [aws_instance.this.id]

    # Else it goes first, and a run that is killed before the new host is recorded has lost it for the old one.
    create_before_destroy = true

    postcondition {
      condition     = local.gpu_count > 0 || !contains(["nvidia", "aws-nvidia"], self.input.kind)
      error_message = "Image ${self.input.kind} needs an NVIDIA GPU, and instance type ${var.instance_type} has none. In terraform.tfvars set instance_type to one with a GPU, such as g4dn.xlarge, or image = \"ubuntu\" (a host that exists takes it with --upgrade-image, which deletes its disk)."
    }

    postcondition {
      condition     = local.gpu_count == 0 || self.input.kind != "ubuntu"
      error_message = "Instance type ${var.instance_type} has ${local.gpu_count} NVIDIA GPU(s), and image ubuntu has no driver for them. In terraform.tfvars set image to nvidia or aws-nvidia (a host that exists takes it with --upgrade-image, which deletes its disk), or instance_type to one without a GPU, such as t3.large."
    }

    postcondition {
      condition     = contains(local.architectures, self.input.architecture)
      error_message = "Image ${self.input.kind} is for ${self.input.architecture}, and instance type ${var.instance_type} runs ${join(" or ", local.architectures)}. In terraform.tfvars set another instance_type, or image = \"aws-nvidia\" or \"ubuntu\" (they come for both), or ami_id."
    }

    postcondition {
      condition     = var.root_volume_size_gb >= self.input.size_gb
      error_message = "root_volume_size_gb is ${var.root_volume_size_gb}, and the image ${self.input.name} needs ${self.input.size_gb} at least. Set root_volume_size_gb in terraform.tfvars to ${self.input.size_gb} or more."
    }
  }
}
