"""OpenSSH, and our program on the host."""
