"""What Prometheus scrapes from the gateway."""
