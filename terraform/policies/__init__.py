"""Our own checkov checks: what its built-in ones let through. Loaded by `external-checks-dir`.

checkov imports every module that `__all__` names; what they instantiate is registered.
"""

__all__ = ["imdsv2_required", "no_secret_in_state", "security_group_rules"]
