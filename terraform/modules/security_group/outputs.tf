output "id" {
  description = "Security group id"
  value       = aws_security_group.this.id
}

output "allowed_cidrs" {
  description = "Who may reach port 22, as the rules say"
  value       = [for rule in aws_vpc_security_group_ingress_rule.ssh : coalesce(rule.cidr_ipv4, rule.cidr_ipv6)]
}
