"""What runs in the simulator's own process: moto with a control API."""
