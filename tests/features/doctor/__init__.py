"""Doctor: what is looked at before a host, and how it is told."""
