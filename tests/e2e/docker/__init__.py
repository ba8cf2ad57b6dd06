"""Containers on a host of the lab: no engine runs there, a labelled fake docker records what it is told."""
