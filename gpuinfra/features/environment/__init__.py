"""environment.yml: checked, solved, locked."""
