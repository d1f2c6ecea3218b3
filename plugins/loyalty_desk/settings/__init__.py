"""The knobs: what the stores file, the environment and a run's form may say.

Never: secrets; they are in Airflow's connections.
"""
