"""Terraform: its program, its files, its words."""
