"""What gpuinfra does for a user, a folder each."""
