"""What an installation tells those who watch it: metrics and gauges."""
