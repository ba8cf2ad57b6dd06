# The way out to everywhere: conda's channels, pip, apt, git. Costs money by the hour and by the gigabyte.

resource "aws_internet_gateway" "this" {
  for_each = local.nat

  vpc_id = aws_vpc.this.id
  tags   = var.tags
}

# The NAT gateway alone is in here.
resource "aws_subnet" "public" {
  for_each = local.nat

  vpc_id            = aws_vpc.this.id
  cidr_block        = local.public_cidr
  availability_zone = aws_subnet.private.availability_zone
  tags              = var.tags

  map_public_ip_on_launch = false
}

resource "aws_route_table" "public" {
  for_each = local.nat

  vpc_id = aws_vpc.this.id
  tags   = var.tags
}

resource "aws_route_table_association" "public" {
  for_each = local.nat

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public[each.key].id
}

resource "aws_route" "to_internet" {
  for_each = local.nat

  route_table_id         = aws_route_table.public[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[each.key].id
}

resource "aws_eip" "nat" {
  for_each = local.nat

  domain = "vpc"
  tags   = var.tags

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id
  tags          = var.tags

  depends_on = [aws_route.to_internet]
}

resource "aws_route" "to_nat" {
  for_each = local.nat

  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.key].id
}
