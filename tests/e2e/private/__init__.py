"""A private host of the lab, reached through Session Manager alone."""
