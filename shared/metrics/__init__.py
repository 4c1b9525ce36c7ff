"""Figures of what goes on: counted in each process, summed up in Valkey, shown by the gateway."""
