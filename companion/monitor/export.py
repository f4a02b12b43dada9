"""The gauges of a quarter for Prometheus: `python -m companion.monitor.export --seed 0 --day 90 --port 8000`.

Prometheus asks a service for its numbers over HTTP (GET /metrics) and keeps them; a dashboard draws them, a rule rings.
What is exported here is the stored quarter as it stood on the evening of one day; `--serve-every 1` moves on by a day a
second, so that a real Prometheus has something to draw. At your own desk, call `Exporter.show` with your readings.

| metric | type | labels |
|---|---|---|
| companion_gauge | gauge | gauge, path: the mean of the week so far |
| companion_gauge_low, companion_gauge_high | gauge | gauge, path: the edges, where that side is watched |
| companion_gauge_observations | gauge | gauge, path: how many are behind the mean |
| companion_alarm | gauge | gauge, path: 1 while it rings |
| companion_day | gauge | the day of the quarter, from 0 |
"""

from __future__ import annotations

import argparse
import math
import time
from typing import Any

from companion.monitor.alarms import CHANCE, Limits, Reading
from companion.monitor.results import limits_of, readings_of
from companion.monitor.stream import DAYS
from companion.monitor.watch import ALL, Gauge

LABELS = ("gauge", "path")


class Exporter:
    """The metrics of one desk in a registry of their own, so that two desks in one process do not mix.

    The trap: a gauge that is no longer shown keeps its last value for ever; `show` takes away what it is not given.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry
        from prometheus_client import Gauge as Metric

        self.registry = CollectorRegistry()

        def metric(name: str, said: str, labels: tuple[str, ...] = LABELS) -> Metric:
            return Metric(name, said, labels, registry=self.registry)

        self.day = metric("companion_day", "Day of the quarter, from 0.", ())
        self.value = metric("companion_gauge", "Mean of the gauge's week so far.")
        self.low = metric("companion_gauge_low", "Lowest mean that is still usual.")
        self.high = metric("companion_gauge_high", "Highest mean that is still usual.")
        self.count = metric("companion_gauge_observations", "Observations behind the mean.")
        self.alarm = metric("companion_alarm", "1 while the gauge rings.")

    def show(self, day: int, read: dict[str, tuple[Gauge, Limits, Reading]], chance: float = CHANCE) -> None:
        """Set every metric to the readings of an evening; gauges that are left out disappear."""
        for metric in (self.value, self.low, self.high, self.count, self.alarm):
            metric.clear()
        self.day.set(day)
        for name, (about, usual, reading) in read.items():
            low, high = usual.edges(reading.count, chance)
            numbers = {self.value: reading.mean, self.count: reading.count, self.alarm: float(reading.rings)}
            numbers |= {metric: edge for metric, edge in ((self.low, low), (self.high, high)) if math.isfinite(edge)}
            for metric, number in numbers.items():
                metric.labels(name, about.path).set(number)

    def serve(self, port: int = 8000, host: str = "127.0.0.1") -> tuple[Any, Any]:
        """Answer GET /metrics in a thread: (server, thread); port 0 takes a free one, `server.server_port` says which.

        `server.shutdown()` ends it, and `server.server_close()` frees the port. The trap: host "0.0.0.0" lets everybody
        on the network read your numbers.
        """
        from prometheus_client import start_http_server

        return start_http_server(port, addr=host, registry=self.registry)


def evening(row: dict[str, Any], day: int) -> dict[str, tuple[Gauge, Limits, Reading]]:
    """What every gauge of a stored quarter reads on the evening of a day; those not read yet that week are left out."""
    found = {}
    for name, about in ALL.items():
        last = [reading for reading in readings_of(name, row["gauges"][name]) if reading.day == day]
        if last:
            found[name] = (about, limits_of(name, row["gauges"][name]), last[0])
    return found


def main(argv: list[str] | None = None) -> None:
    """Export a stored quarter until it is stopped."""
    from companion.stored import chosen, stored

    parser = argparse.ArgumentParser(description="Export a quarter's gauges to Prometheus.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--day", type=int, default=DAYS - 1, help=f"the evening to show, 0 to {DAYS - 1}")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--serve-every", type=float, default=0.0, help="seconds a day; 0 stays on the day")
    parser.add_argument("--days", type=int, default=0, help="stop after so many days; 0 goes on until it is stopped")
    given = parser.parse_args(argv)
    if not 0 <= given.day < DAYS:
        parser.error(f"--day is {given.day}: give one from 0 to {DAYS - 1}.")
    row, exporter = chosen(stored("monitor")["rows"], seed=given.seed)[0], Exporter()
    exporter.show(given.day, evening(row, given.day))
    server, _ = exporter.serve(given.port)
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
    try:
        _go_on(exporter, row, given.day, given.serve_every, given.days)
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()


def _go_on(exporter: Exporter, row: dict[str, Any], day: int, pause: float, days: int) -> None:
    """Show one evening after the other; after the last the quarter begins again."""
    shown = 0
    while not days or shown < days:
        time.sleep(pause or 1.0)
        shown += 1
        if pause:
            day = (day + 1) % DAYS
            exporter.show(day, evening(row, day))


if __name__ == "__main__":
    main()
