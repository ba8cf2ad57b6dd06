"""A stopped host that comes back in another zone, as a real machine."""
