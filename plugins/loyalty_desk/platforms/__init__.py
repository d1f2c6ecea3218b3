"""Loyalty platforms, each behind the contract of `base`.

Never: Gorgias, staging, another platform.
"""
