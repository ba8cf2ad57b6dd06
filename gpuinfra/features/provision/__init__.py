"""What Terraform makes: init, plan, up, status, allow, down."""
