"""What Airflow's API server serves of ours, under `/loyalty`: an API for tokens, pages for people.

Never: rules; a route that asks for neither a right nor a token, but for readiness and identity.
"""
