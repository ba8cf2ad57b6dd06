"""Real hosts under the simulated instances: Linux, systemd, cloud-init, sshd; all in namespaces."""
