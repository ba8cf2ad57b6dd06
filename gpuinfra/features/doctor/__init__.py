"""Whether a host could be had here and now: this machine, the account, its rights, what is asked for."""
