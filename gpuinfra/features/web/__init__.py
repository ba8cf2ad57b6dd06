"""Ports of the host here: forward, JupyterLab."""
