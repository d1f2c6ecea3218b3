"""Lets `python -m sandbox` start both servers."""

import sys

from sandbox.cli import main

sys.exit(main())
