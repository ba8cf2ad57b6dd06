owner           = "ada"
region          = "us-east-1"
allowed_cidrs   = ["203.0.113.7/32", "2001:db8:1:2::/64"]
public_key_path = "key.pub"
tags            = { team = "blue" }
access = "ssm"
private_network = "nat"
