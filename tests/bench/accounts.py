"""Whether every probe of a soak run is accounted for, once: compares what the exporter's
metrics say, what its log says, and what the emulator saw."""

import collections
import re
import time

from processes import Failure, wait_for
from soak_load import TIMEOUT_SECONDS

# With these a probe ended before its request was out: the emulator has not seen it.
UNSENT = ("nxdomain", "servfail", "no_address", "dns_timeout", "connect", "tls", "conn_refused",
          "conn_unreachable", "tls_expired", "tls_hostname", "tls_ca", "tls_protocol",
          "local_resource")
SIGHTS_SECONDS = 20
SETTLE_TRIES = 5
# After a failure on the way the canaries are heard before the probe ends.
JUDGEMENT_SECONDS = 4


class Check:
    def __init__(self, name, good, words):
        self.name, self.good, self.words = name, good, words


def equal(name, **sides):
    """Both sides are counts that must be the same."""
    values = list(sides.values())
    return Check(name, len(set(values)) == 1,
                 ", ".join(f"{side} {value:.0f}" for side, value in sides.items()))


class Log:
    """Counts of the lines on single probes."""

    LINE = re.compile(r'msg="probe ended".* outcome=(\w+) .*status=(\d+) reason=(\S+) fault=(\S+)')

    def __init__(self, path):
        self.outcomes = collections.Counter()
        self.answered = self.waited = self.network = 0
        with open(path, encoding="utf-8", errors="replace") as file:
            for match in filter(None, map(self.LINE.search, file)):
                outcome, status, reason, fault = match.groups()
                self.outcomes[outcome] += 1
                self.answered += status != "0"
                self.network += fault == "network"
                self.waited += reason in ("ttfb", "total") and fault != "network"
        self.ended = sum(self.outcomes.values())


def ended(exporter):
    return exporter.metrics().total("heyhi_probe_attempts_total")


def settle(exporter, emulator):
    """Lets every probe end that met a fault, then makes the emulator answer no call: until
    the first of these times out no probe ends, though new ones start. Then metrics and
    log can be compared to the last one. Tried again where the machine was too slow to see
    that moment."""
    def quiet():
        before = ended(exporter)
        time.sleep(1)
        return before == ended(exporter)

    for tries_left in reversed(range(SETTLE_TRIES)):
        emulator.clear_faults()
        time.sleep(TIMEOUT_SECONDS + JUDGEMENT_SECONDS)  # what was stalled has no other end
        emulator.set_fault(action="stall")
        try:
            return wait_for("the probes before the stall", quiet, TIMEOUT_SECONDS)
        except Failure:
            if tries_left == 0:
                raise


def started_against_ended(exporter):
    """A probe that waits for its turn is in flight and not yet started, and one may start
    while a scrape is written: so started may be less than all that became of them in
    some sights, and is the same in the best."""
    missing = float("-inf")
    for _ in range(4):
        metrics = exporter.metrics()
        started = metrics.total("heyhi_scheduler_slip_seconds_count")
        missing = max(missing, started - metrics.total("heyhi_probe_attempts_total")
                      - metrics.total("heyhi_probes_in_flight")
                      - metrics.total("heyhi_probes_skipped_total", 'cause="disturbed"'))
    return Check("started = ended + in flight + disturbed", missing == 0,
                 f"started {started:.0f}, not accounted for {missing:.0f}")


def seen_by_emulator(exporter, emulator):
    """Probes go on while we look, so each sight gives only bounds of how many probes the
    emulator has not seen; together they leave no doubt."""
    low, high = float("-inf"), float("inf")
    end = time.monotonic() + SIGHTS_SECONDS
    while low < high and time.monotonic() < end:
        first = emulator.requests()
        metrics = exporter.metrics()
        time.sleep(0.05)  # a probe that has just started is on its way
        second = emulator.requests()
        unsent = sum(metrics.total("heyhi_probe_failure_reasons_total", f'reason="{reason}"')
                     for reason in UNSENT)
        started = metrics.total("heyhi_scheduler_slip_seconds_count")
        low, high = max(low, started - unsent - second), min(high, started - unsent - first)
    return Check("the emulator saw each probe once", low <= 0 <= high,
                 f"emulator {second}, not seen by it: between {low:.0f} and {high:.0f}, "
                 f"besides {unsent:.0f} that never left")


def accounts(exporter, emulator):
    """Returns the log's counts and the checks."""
    settle(exporter, emulator)
    metrics, log = exporter.metrics(), Log(exporter.log)
    started = started_against_ended(exporter)
    attempts = metrics.total("heyhi_probe_attempts_total")
    failures = metrics.total("heyhi_probe_failures_total")
    moved = ended(exporter) - attempts
    return log, [
        Check("no probe ended while they were counted", moved == 0, f"{moved:.0f} did"),
        equal("ended: metrics = log", metrics=attempts, log=log.ended),
        equal("failed: metrics = log", metrics=failures, log=log.outcomes["failed"]),
        equal("failed: error types = reasons", types=failures,
              reasons=metrics.total("heyhi_probe_failure_reasons_total")),
        equal("slow: metrics = log", metrics=metrics.total("heyhi_probe_slow_total"),
              log=log.outcomes["slow"]),
        equal("answers with a status: metrics = log",
              metrics=metrics.total("heyhi_probe_http_responses_total"), log=log.answered),
        equal("durations = ok + slow + timeouts that waited",
              durations=metrics.total("heyhi_probe_duration_seconds_count"),
              outcomes=log.outcomes["ok"] + log.outcomes["slow"] + log.waited),
        equal("network faults, while the canaries are well", expected=0, log=log.network),
        started,
        seen_by_emulator(exporter, emulator),
    ]
