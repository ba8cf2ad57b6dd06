"""What runs on the host: sent there over ssh at need; Python 3.10 and its standard library alone."""
