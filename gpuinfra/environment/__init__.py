"""environment.yml, checked on the laptop before anything is paid for: pure functions, no network."""
