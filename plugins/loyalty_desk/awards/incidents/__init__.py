"""Incidents: everybody behind some tickets is compensated, each once.

Never: an import of Airflow, or of `web` and `tasks`.
"""
