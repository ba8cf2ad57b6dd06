"""What runs on the host, as a test runs it here."""
