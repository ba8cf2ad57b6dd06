"""Docker on the host, AWS Deep Learning Containers."""
