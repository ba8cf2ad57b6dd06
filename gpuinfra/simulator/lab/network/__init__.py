"""The lab's network: namespaces, DNS, metadata service, mirrors."""
