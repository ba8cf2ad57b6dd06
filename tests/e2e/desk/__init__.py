"""A day's work on a real host of the lab: sync, watch, forward, jupyter."""
