"""What Airflow finds where `plugins/` is its folder of plugins; an installed package has an entry
point instead, and Airflow loads a plugin of one name once.
"""

from loyalty_desk.orchestration.plugin import LoyaltyDeskPlugin

__all__ = ["LoyaltyDeskPlugin"]
