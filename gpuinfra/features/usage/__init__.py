"""How much a host is used: now (`top`), and over a time that has passed (`usage`)."""
