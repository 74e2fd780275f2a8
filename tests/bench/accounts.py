"""Whether every probe of a soak run is accounted for, once: compares what the exporter's
metrics say, what its log says, and what the emulator saw."""

import collections
import re
import time

from processes import total, wait_for
from soak_load import TIMEOUT_SECONDS

# With these a probe ended before its request was out: the emulator has not seen it.
UNSENT = ("nxdomain", "servfail", "no_address", "dns_timeout", "connect", "tls", "conn_refused",
          "conn_unreachable", "tls_expired", "tls_hostname", "tls_ca", "tls_protocol",
          "local_resource")
SIGHTS = 12


class Check:
    def __init__(self, name, good, words):
        self.name, self.good, self.words = name, good, words


def equal(name, **sides):
    """Both sides are counts that must be the same."""
    values = list(sides.values())
    return Check(name, len(set(values)) == 1,
                 ", ".join(f"{side} {value:.0f}" for side, value in sides.items()))


def read_log(path):
    """Counts of the lines on single probes, by outcome, and of those with a status."""
    outcomes, answered = collections.Counter(), 0
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            if 'msg="probe ended"' not in line:
                continue
            outcomes[re.search(r" outcome=(\w+)", line)[1]] += 1
            answered += " status=0" not in line
    return outcomes, answered


def ended(exporter):
    return total(exporter.metrics(), "heyhi_probe_attempts_total")


def settle(exporter, emulator):
    """Makes the emulator answer no call from now on, and waits until the probes before
    have ended: until the first of the stalled ones times out no probe ends, though new
    ones start, so that metrics and log can be compared to the last one."""
    emulator.clear_faults()
    emulator.set_fault(action="stall")

    def quiet():
        before = ended(exporter)
        time.sleep(0.5)
        return before == ended(exporter)
    wait_for("the probes before the stall", quiet, TIMEOUT_SECONDS)


def started_against_ended(exporter):
    """Started minus all that became of them, as most of some sights say: a start may
    fall between the two lines of a scrape that are compared."""
    differences = collections.Counter()
    for _ in range(3):
        samples = exporter.metrics()
        started = total(samples, "heyhi_scheduler_slip_seconds_count")
        known = (total(samples, "heyhi_probe_attempts_total")
                 + total(samples, "heyhi_probes_in_flight")
                 + total(samples, "heyhi_probes_skipped_total", 'cause="disturbed"'))
        differences[started - known] += 1
    missing = differences.most_common(1)[0][0]
    return Check("started = ended + in flight + discarded", missing == 0,
                 f"started {started:.0f}, not accounted for {missing:.0f}")


def seen_by_emulator(exporter, emulator):
    """Probes go on while we look, so each sight gives only bounds of how many probes the
    emulator has not seen; together they leave no doubt."""
    low, high = float("-inf"), float("inf")
    for _ in range(SIGHTS):
        first = emulator.requests()
        samples = exporter.metrics()
        time.sleep(0.05)  # a probe that has just started is on its way
        second = emulator.requests()
        unsent = sum(total(samples, "heyhi_probe_failure_reasons_total", f'reason="{reason}"')
                     for reason in UNSENT)
        started = total(samples, "heyhi_scheduler_slip_seconds_count")
        low, high = max(low, started - unsent - second), min(high, started - unsent - first)
    return Check("the emulator saw each probe once", low <= 0 <= high,
                 f"emulator {second}, not seen by it: between {low:.0f} and {high:.0f}, "
                 f"besides {unsent:.0f} that never left")


def accounts(exporter, emulator, log):
    settle(exporter, emulator)
    samples = exporter.metrics()
    outcomes, answered = read_log(log)
    attempts = total(samples, "heyhi_probe_attempts_total")
    failures = total(samples, "heyhi_probe_failures_total")
    slow = total(samples, "heyhi_probe_slow_total")
    reason = "heyhi_probe_failure_reasons_total"
    waited = (total(samples, reason, 'reason="ttfb"') + total(samples, reason, 'reason="total"')
              - total(samples, "heyhi_probe_failures_total", 'error_type="timeout"',
                      'fault="network"'))
    moved = ended(exporter) - attempts
    checks = [
        Check("no probe ended while they were counted", moved == 0, f"{moved:.0f} did"),
        equal("ended: metrics = log", metrics=attempts, log=sum(outcomes.values())),
        equal("failed: metrics = log", metrics=failures, log=outcomes["failed"]),
        equal("failed: error types = reasons", types=failures, reasons=total(samples, reason)),
        equal("slow: metrics = log", metrics=slow, log=outcomes["slow"]),
        equal("answers with a status: metrics = log",
              metrics=total(samples, "heyhi_probe_http_responses_total"), log=answered),
        equal("durations = ok + slow + timeouts that waited",
              durations=total(samples, "heyhi_probe_duration_seconds_count"),
              outcomes=outcomes["ok"] + outcomes["slow"] + waited),
        started_against_ended(exporter),
        seen_by_emulator(exporter, emulator),
    ]
    return outcomes, checks
