"""ssh through Session Manager: real OpenSSH at both ends, and a fake of all that is AWS's in between."""
