"""What Airflow imports at the start of each of its programs, where this folder is on the path."""

from scripts.preload import LIBRARIES, preload

preload(LIBRARIES)
__all__: list[str] = []
