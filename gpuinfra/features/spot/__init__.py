"""Hosts that EC2 may take back: what is at risk, a drill, and the jobs that begin again on the next host."""
