"""One exporter among hostile providers, watched: what every row of docs/reliability.md
demands of every probe."""

import collections
import os
import pathlib
import re
import ssl
import time
import unittest
from dataclasses import dataclass
from typing import Callable

from hostile_server import HostileServer, answer_well
from programs import (CANARY, HAS_PROC, LIMIT_SECONDS, SANITIZED, Emulator, Exporter,
                      wait_for)

INTERVAL = 1.0
TIMEOUT = 2.0
# A probe ends by then; sanitizers slow everything down.
LATEST_MS = (TIMEOUT + (1.25 if SANITIZED else 0.25)) * 1000
MEBIBYTE = 1 << 20
DESCRIPTORS_PER_PROBE = 2  # its connection and the look at the line (a canary's)

_ERRORS_PAGE = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"]) / "docs/errors.md"
# By reason, as documented; "of the inner code" for those that have several.
ERROR_TYPES = dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \| [\w ]+ *(?:or [\w ]+)?[^|]*\|",
                              _ERRORS_PAGE.read_text(), re.M))


@dataclass(frozen=True)
class Case:
    """A provider that is hostile in one way."""
    row: str                # the id in docs/reliability.md
    name: str
    behave: Callable = answer_well
    reasons: str = "ok"     # one of these, by spaces; "ok" for none
    check: str = "chat"
    at_once: bool = False   # behaves before it has read the request
    context: ssl.SSLContext = None  # speaks TLS
    url: str = ""           # where nothing of ours listens
    seldom: bool = False    # asks to be asked less often

    @property
    def provider(self):
        return f"{self.row.replace('-', '').lower()}-{self.name}"


def provider_lines(name, url, check="chat", models="[m]", more=()):
    return "\n".join([f"  - name: {name}", f"    base_url: {url}", f"    checks: [{check}]",
                      f"    models: {models}", *(f"    {line}" for line in more)]) + "\n"


class HostileExporter(Exporter):
    """Keeps its output as it came, too: bytes that are no text."""

    def _read(self):
        self.output = b""
        for line in self.process.stdout.buffer:
            self.output += line
            self.log += line.decode(errors="replace")


def start_exporter(providers, timeout=TIMEOUT, more=(), prefix=(), level="debug",
                   interval=INTERVAL):
    """An exporter with these providers (provider_lines) and a key for all."""
    lines = ["region: test", "network: {canaries: []}", "defaults:", f"  interval: {interval:g}s",
             f"  timeout: {round(timeout * 1000)}ms", "  api_key_env: TEST_KEY",
             *(f"  {line}" for line in more), "providers:"]
    return HostileExporter("\n".join(lines) + "\n" + "".join(providers), {"TEST_KEY": CANARY},
                           [f"--log.level={level}"], prefix)


class Scrape:
    """One moment of an exporter; the one before its start without an argument."""

    def __init__(self, exporter=None):
        self.samples = []
        for line in exporter.fetch("/metrics").splitlines() if exporter else []:
            if match := re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
                self.samples.append((match[1], labels, float(match[3])))

    def sum(self, name, by=None, **labels):
        """The sum over the samples that have `labels`; a Counter by the label `by`."""
        sums = collections.Counter()
        for sample, have, value in self.samples:
            if sample == name and all(have.get(k) == v for k, v in labels.items()):
                sums[have.get(by)] += value
        return sums if by else sum(sums.values())

    def attempts(self):
        return self.sum("heyhi_probe_attempts_total", by="provider")

    def reasons(self, provider):
        found = +self.sum("heyhi_probe_failure_reasons_total", by="reason", provider=provider)
        ok = (self.sum("heyhi_probe_attempts_total", provider=provider)
              - self.sum("heyhi_probe_failures_total", provider=provider))
        return found + collections.Counter(ok=ok)

    def resident(self):
        return self.sum("process_resident_memory_bytes")

    def descriptors(self):
        return self.sum("process_open_fds")


def ended(exporter, start=0):
    """Of each provider the probes that the log tells of: (outcome, milliseconds)."""
    probes = collections.defaultdict(list)
    for line in re.findall(r'msg="probe ended" (.*)', exporter.log[start:]):
        fields = dict(re.findall(r"(\w+)=(\S+)", line))
        probes[fields["target"].split("/")[0]].append(
            (fields["outcome"], int(fields["took"].removesuffix("ms"))))
    return probes


WELL = [f"well-{i}" for i in range(3)]


class HostileCase(unittest.TestCase):
    """Checks that subclasses share."""

    def expect_reasons(self, before, after, provider, allowed):
        """Since `before`, or ever: some probes, one reason each, each an allowed one, with its
        documented error_type. `allowed`: reasons by spaces; "ok" for none."""
        before = before or Scrape()
        reasons = after.reasons(provider) - before.reasons(provider)
        self.assertTrue(reasons, f"{provider} was not probed")
        self.assertLessEqual(set(reasons), set(allowed.split()), provider)
        of_type = collections.Counter()
        for reason, count in reasons.items():
            if reason != "ok":
                self.assertIn(reason, ERROR_TYPES)
                of_type[ERROR_TYPES[reason]] += count
        counted = (after.sum("heyhi_probe_failures_total", by="error_type", provider=provider)
                   - before.sum("heyhi_probe_failures_total", by="error_type",
                                provider=provider))
        if of_type["of the inner code"]:
            counted, of_type = [collections.Counter(all=c.total()) for c in (counted, of_type)]
        # A scrape does not hold the probes up: it may see a probe in one counter that it
        # saw not yet in the one before.
        slack = max(2, counted.total() / 100)
        for error_type in {*counted, *of_type}:
            self.assertAlmostEqual(counted[error_type], of_type[error_type], delta=slack,
                                   msg=f"{provider}: {error_type}")

    def expect_in_time(self, exporter, latest=LATEST_MS, start=0):
        for provider, probes in ended(exporter, start).items():
            self.assertLessEqual(max(took for _, took in probes), latest, provider)

    def expect_one_row_each(self, exporter):
        """The log and the counters tell of the same probes."""
        differ = set(Scrape(exporter).attempts())
        def agree():
            attempts, logged = Scrape(exporter).attempts(), ended(exporter)
            differ.difference_update([p for p in differ if attempts[p] == len(logged[p])])
            return not differ
        wait_for("a moment of each provider at which log and counters agree", agree)

    def expect_on_time(self, scrape, limit=1.0, share=0.99):
        """At least `share` of the probes started within `limit` seconds of their time."""
        starts = scrape.sum("heyhi_scheduler_slip_seconds_count")
        early = scrape.sum("heyhi_scheduler_slip_seconds_bucket", le=f"{limit:g}")
        self.assertGreaterEqual(early / starts, share)

    def expect_descriptors_back(self, exporter, base, limit=5):
        if HAS_PROC:
            def back():
                scrape = Scrape(exporter)
                # A black hole stays one: there is not always a moment without a probe.
                in_flight = scrape.sum("heyhi_probes_in_flight")
                return scrape.descriptors() <= base + DESCRIPTORS_PER_PROBE * in_flight
            wait_for(f"{base} open descriptors beside those of probes in flight", back, limit)

    def expect_growth(self, before, after, limit=16 * MEBIBYTE):
        if HAS_PROC and not SANITIZED:
            self.assertLessEqual(after.resident() - before.resident(), limit)


def idle_descriptors(exporter):
    """The descriptors of a moment without a probe in flight."""
    def idle():
        scrape = Scrape(exporter)
        return scrape if scrape.sum("heyhi_probes_in_flight") == 0 else None
    return wait_for("a moment without probes in flight", idle).descriptors()


def wait_for_probes(exporter, providers, count, start=None, even_disturbed=True):
    """Waits until the log tells of `count` more probes of each (more than at its place
    `start`), with or without those that do not count because the machine was too busy."""
    start = len(exporter.log) if start is None else start
    kinds = "ended|does not count" if even_disturbed else "ended"
    missing = list(providers)
    def enough():
        probes = collections.Counter(re.findall(
            rf'msg="probe (?:{kinds})[^"]*" target=([^/]+)/', exporter.log[start:]))
        missing[:] = [p for p in missing if probes[p] < count]
        return not missing
    try:
        wait_for(f"{count} probes of each", enough, 3 * LIMIT_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}: {missing}; log:\n{exporter.log[-4000:]}") from None
    return Scrape(exporter)


class HostileCrowdCase(HostileCase):
    """Many hostile providers at once, one target each, beside healthy ones: watched once
    for the class, by start(), then looked at from all sides."""

    server = None  # a HostileServer, if it must be there before start()

    @classmethod
    def start(cls, cases, defaults=(), interval=INTERVAL):
        cls.cases = list(cases)
        if cls.server is None:
            cls.server = HostileServer()
        cls.addClassCleanup(cls.server.close)
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        cls.listeners = {c.provider: cls.server.listen(c.behave, c.context, c.at_once)
                         for c in cls.cases if not c.url}
        providers = [provider_lines(c.provider, c.url or cls.listeners[c.provider].url, c.check)
                     for c in cls.cases]
        providers += [provider_lines(name, f"{cls.emulator.https}/openai/v1",
                                     more=[f"ca_file: {cls.emulator.ca_file}"]) for name in WELL]
        cls.exporter = start_exporter(providers, more=defaults, interval=interval)
        cls.addClassCleanup(cls.exporter.stop)
        cls._watch([c.provider for c in cls.cases], [c.provider for c in cls.cases if not c.seldom])

    @classmethod
    def _watch(cls, everyone, hostile):
        """Healthy, then hostile for a while: long enough to see what grows."""
        cls.warm = wait_for_probes(cls.exporter, everyone + WELL, 1)
        cls.descriptors = idle_descriptors(cls.exporter)
        before = {name: each.requests for name, each in cls.listeners.items()}
        began = time.monotonic()
        cls.server.misbehave()
        # A probe that was under way at the turn is neither healthy nor hostile.
        cls.turned = wait_for_probes(cls.exporter, hostile, 2)
        start = len(cls.exporter.log)
        cls.early = wait_for_probes(cls.exporter, hostile, 2)
        wait_for_probes(cls.exporter, hostile, 4)
        cls.late = wait_for_probes(cls.exporter, hostile, 1, start, even_disturbed=False)
        cls.lasted = time.monotonic() - began
        cls.asked = {name: each.requests - before[name] for name, each in cls.listeners.items()}
        cls.connections = {name: each.connections for name, each in cls.listeners.items()}

    def expect_row(self, row):
        cases = [c for c in self.cases if c.row == row]
        self.assertTrue(cases)
        for case in cases:
            with self.subTest(case.provider):
                if case.seldom:  # perhaps asked once only, before the turn was over
                    self.expect_reasons(self.warm, self.late, case.provider,
                                        f"{case.reasons} ok")
                    self.assertGreater(sum(self.late.reasons(case.provider)[reason]
                                           for reason in case.reasons.split()), 0)
                else:
                    self.expect_reasons(self.turned, self.late, case.provider, case.reasons)

    def test_every_probe_ends_in_time(self):
        self.expect_in_time(self.exporter)

    def test_every_probe_counts_once(self):
        self.expect_one_row_each(self.exporter)

    def test_others_are_probed_on_time_and_well(self):
        self.expect_on_time(self.late)
        for name in WELL:
            self.expect_reasons(self.warm, self.late, name, "ok")

    @unittest.skipUnless(HAS_PROC, "/proc is not mounted here")
    def test_memory_does_not_grow(self):
        self.expect_growth(self.early, self.late)

    @unittest.skipUnless(HAS_PROC, "/proc is not mounted here")
    def test_when_they_are_well_again_nothing_stays_open(self):
        self.server.heal()
        try:
            self.expect_descriptors_back(self.exporter, self.descriptors)
        finally:
            self.server.misbehave()
