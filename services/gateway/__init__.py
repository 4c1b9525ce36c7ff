"""The gateway: the HTTP API. It accepts, enqueues, reports and relays; workers do the work."""
