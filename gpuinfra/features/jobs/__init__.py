"""Commands on the host that outlive the laptop's connection."""
