"""README and docs/: what stands in them is true."""
