"""Places that a host is asked for in, one after the other, until AWS has one."""
