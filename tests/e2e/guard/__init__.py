"""The guard on real hosts of the lab: what holds a host, what does not, and how it ends."""
