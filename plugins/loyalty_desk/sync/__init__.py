"""The scheduled sync: extract, match, plan, brake, push.

Never: Airflow; a stage that writes another's tables.
"""
