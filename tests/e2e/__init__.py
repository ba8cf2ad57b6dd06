"""End to end: the real command line, real Terraform, the real provider, against the simulator."""
