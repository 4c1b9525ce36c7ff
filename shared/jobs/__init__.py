"""Who does what next: recipes, records, the planner, leases and the reconciler."""
