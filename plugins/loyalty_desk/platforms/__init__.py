"""Loyalty platforms, each one file behind the contract of `base`.

Never: Gorgias, staging, another platform.
"""
