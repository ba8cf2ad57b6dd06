"""The lab: its rules without any host, and real hosts in it."""
