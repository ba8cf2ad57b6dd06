# The host as a part of something larger: in a subnet that the same apply makes, with the company's tags on
# everything, and with a policy of yours on its role.

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { CostCenter = "42" }
  }
}

resource "aws_vpc" "lab" {
  # checkov:skip=CKV2_AWS_11: an example; whether a network logs its flows is its owner's decision

  cidr_block = "10.20.0.0/16"
}

# The group that AWS makes with every VPC lets its members in; nobody is to use it by mistake.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.lab.id
}

resource "aws_internet_gateway" "lab" {
  vpc_id = aws_vpc.lab.id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.lab.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.lab.id
  }
}

# Not every zone has every type; without a zone AWS chooses one at random.
data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = ["g5.xlarge"]
  }
}

resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.lab.id
  cidr_block        = "10.20.1.0/24"
  availability_zone = sort(data.aws_ec2_instance_type_offerings.zones.locations)[0]
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

module "host" {
  source = "../../modules/host"

  stack         = "lab"
  owner         = "ada"
  tags          = { "acme/stage" = "trial" }
  instance_type = "g5.xlarge"
  subnet        = { id = aws_subnet.public.id } # a value, never depends_on: see the module's README

  public_key    = file(var.public_key_path)
  allowed_cidrs = ["203.0.113.0/24"]
}

# What the host may do in AWS, besides being reached by Session Manager.
resource "aws_iam_role_policy" "data" {
  name = "read-data"
  role = module.host.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = "arn:aws:s3:::acme-data/*"
    }]
  })
}

output "host" {
  description = "Where it is"
  value = {
    public_ip         = module.host.public_ip
    vpc_id            = module.host.vpc_id
    security_group_id = module.host.security_group_id
  }
}
