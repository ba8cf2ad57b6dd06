"""What runs on the host: sent there over ssh at need; Python 3.10's standard library alone, nothing of ours above."""
