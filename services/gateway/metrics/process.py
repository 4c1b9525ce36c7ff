"""Figures of this gateway alone: several gateways' add up."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.gateway.radio.radios import Radios

__all__ = ["RadiosCollector"]


class RadiosCollector(Collector):
    """Counts the radios that this process has on air, and who listens."""

    def __init__(self, radios: Radios) -> None:
        self._radios = radios

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        audiences = self._radios.audiences()
        yield GaugeMetricFamily("segue_radios", "Radios on air at this gateway.", value=len(audiences))
        yield GaugeMetricFamily(
            "segue_radio_listeners", "Who listens to radios of this gateway.", value=sum(audiences)
        )
