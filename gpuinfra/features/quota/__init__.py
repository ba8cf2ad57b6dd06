"""The account's vCPU quotas: what a host needs of them, what is free, and a request for more."""
