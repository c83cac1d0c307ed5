"""Renders on the machine of who asks, with no platform, no cluster and no queue."""
