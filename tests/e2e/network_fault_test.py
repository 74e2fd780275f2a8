"""Whose fault a failure is: the network breaks in many ways, each time again and again, and
every failed probe must be charged to the right one.

Several scenarios run at a time, each in a network of its own. HEYHI_REPEAT says how often
each is repeated: 5 times, and 20 with HEYHI_FULL=1."""

import concurrent.futures
from collections import Counter
import json
import os
import re
import sys
import time
import unittest

from namespaces import ADDRESSES, CANARIES, Network, require_namespaces
from probe_log import WatchedExporter
from programs import CANARY, PATHS, Emulator, wait_for

REPEAT = int(os.environ.get("HEYHI_REPEAT", "20" if os.environ.get("HEYHI_FULL") == "1" else "5"))
# The names of the two providers, and what the emulator calls them.
HOSTS = {"openai": "provider-a.test", "mistral": "provider-b.test"}
BROKEN = {"openai"}  # where one is


class Site:
    """A network with an emulator at each provider's address, and an exporter at home."""

    def __init__(self, name, checks="[chat, stream]", openai_models="", latency="0"):
        self.name = name
        self.network = Network()
        self.emulators, self.exporter = {}, None
        self.judged = 0  # failures, by all exporters so far
        self._models = {"openai": openai_models}
        self._checks = checks
        try:
            for provider, host in HOSTS.items():
                self.emulators[provider] = Emulator(
                    [f"--web.listen-address={ADDRESSES[host]}:443", f"--tls.name={host}",
                     f"--latency={latency}"], self.network.internet.prefix)
        except BaseException:
            self.close()
            raise

    def close(self):
        for program in (self.exporter, *self.emulators.values()):
            if program is not None:
                program.stop()
        self.network.close()

    def _config(self):
        lines = ["region: test", "defaults:", "  interval: 1s", "  timeout: 3s",
                 "  api_key_env: TEST_KEY", f"  checks: {self._checks}", "network:",
                 f"  canaries: {json.dumps([name + ':443' for name in CANARIES])}",
                 f"  ca_file: {self.network.canary_ca}", "providers:"]
        for provider, host in HOSTS.items():
            lines += [f"  - name: {provider}", f"    base_url: https://{host}/{PATHS[provider]}",
                      f"    ca_file: {self.emulators[provider].ca_file}"]
            if self._models.get(provider):
                lines.append(f"    models: {self._models[provider]}")
        return "\n".join(lines) + "\n"

    def start_exporter(self):
        self.exporter = WatchedExporter(self._config(), {"TEST_KEY": CANARY},
                                        self.network.home.prefix)
        self.targets = self.metric("heyhi_target_info")

    def stop_exporter(self):
        with self.network.home.inside():  # where its /metrics can be seen
            code = self.exporter.stop()
        self.judged += len(self.exporter.failures())
        self.exporter = None
        if code != 0:
            raise AssertionError(f"{self.name}: the exporter exits with {code}")

    def metric(self, name, **labels):
        with self.network.home.inside():
            return self.exporter.metric(name, **labels)

    def metrics(self):
        with self.network.home.inside():
            return self.exporter.fetch("/metrics")

    def requests(self, provider):
        with self.network.internet.inside():
            return self.emulators[provider].requests().get(provider, {}).get("requests", 0)

    def network_up(self):
        return self.metric("heyhi_network_up", region="test")

    def wait_for(self, what, condition):
        def checked():
            if self.exporter.process.poll() is not None:
                raise AssertionError(f"{self.name}: the exporter ended; {self.log_tail()}")
            return condition()
        try:
            return wait_for(f"{self.name}: {what}", checked, step=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.log_tail()}") from None

    def log_tail(self, start=None):
        return "log:\n" + self.exporter.log[-6000 if start is None else start:][:20000]

    def wait_until_well(self, since=0):
        """Every target has been ok since then and last, and the network is seen to be up."""
        def well():
            last = {result.target: result for result in self.exporter.results(since)}
            return (len(last) == self.targets and
                    all(result.outcome == "ok" for result in last.values()) and
                    self.network_up() == 1)
        self.wait_for("all to be well", well)

    def expect(self, since, fault, providers=frozenset(HOSTS)):
        """Every probe that failed since then was one of these providers', by that fault."""
        for failure in self.exporter.failures(since):
            if failure.fault != fault or failure.target.split("/")[0] not in providers:
                raise AssertionError(f"{self.name}: expected only {fault} faults of "
                                     f"{sorted(providers)}, not {failure}; {self.log_tail(since)}")


def break_and_heal(site, inject, fault, providers=frozenset(HOSTS), least=1, network_up=None):
    """Once: the network breaks, `least` probes fail of each of the providers, it heals."""
    since = site.exporter.mark()
    inject()
    def failed():
        found = [failure.target.split("/")[0] for failure in site.exporter.failures(since)]
        return all(found.count(provider) >= least for provider in providers)
    site.wait_for(f"failures of {sorted(providers)}", failed)
    if network_up == 0:
        site.wait_for("heyhi_network_up to be 0", lambda: site.network_up() == 0)
    elif network_up == 1 and (site.network_up() != 1 or
                              "own network is down" in site.exporter.log[since:]):
        raise AssertionError(f"{site.name}: the network counts as down; {site.log_tail(since)}")
    healed = site.exporter.mark()
    site.network.heal()
    site.wait_until_well(healed)
    site.expect(since, fault, providers)


def repeat(site, inject, *arguments, **options):
    site.start_exporter()
    site.wait_until_well()
    for number in range(REPEAT):
        break_and_heal(site, lambda: inject(number), *arguments, **options)
    site.expect(0, *arguments)  # nothing in between either
    site.stop_exporter()


# The scenarios.

def line_cut(site):
    repeat(site, lambda n: site.network.cut(), "network", network_up=0)


def line_unplugged_or_unreachable(site):
    ways = (site.network.unplug, site.network.answer_unreachable)
    repeat(site, lambda n: ways[n % 2](), "network", network_up=0)


def line_loses_packets(site):
    repeat(site, lambda n: site.network.lose(30), "network", least=2)


def dns_silent(site):
    repeat(site, lambda n: site.network.drop_dns(), "network", network_up=0)


def dns_useless(site):
    modes = (site.network.dns.REFUSED, "empty", site.network.dns.SERVFAIL,
             site.network.dns.NXDOMAIN, "silent")
    def inject(number):
        site.network.dns.mode = modes[number % len(modes)]
    repeat(site, inject, "network", network_up=0)


def provider_black_holed(site):
    """Every other time with one of the three canaries: two are enough to say that we are up."""
    def inject(number):
        site.network.black_hole(HOSTS["openai"], *CANARIES[:number % 2])
    repeat(site, inject, "provider", BROKEN, network_up=1)


def both_providers_black_holed(site):
    repeat(site, lambda n: site.network.black_hole(*HOSTS.values()), "provider", network_up=1)


def provider_unreachable(site):
    """Refused, unreachable, or losing packets, while the ways to all others are well."""
    address = ADDRESSES[HOSTS["openai"]]
    ways = (f"ip daddr {address} meta l4proto tcp reject with tcp reset",
            f"ip daddr {address} reject with icmp host-unreachable",
            f"ip daddr {address} numgen random mod 100 < 60 drop")
    repeat(site, lambda n: site.network.inject(ways[n % len(ways)]), "provider", BROKEN,
           network_up=1)


def line_cut_during_a_probe(site):
    """The emulators take their time, so a probe is in flight once they have seen its request."""
    def inject(_):
        before = site.requests("mistral")
        site.wait_for("a request on its way", lambda: site.requests("mistral") > before)
        site.network.cut()
    repeat(site, inject, "network", network_up=0)


def line_down_at_the_start(site):
    for _ in range(REPEAT):
        site.network.cut()
        site.start_exporter()
        break_and_heal(site, lambda: None, "network", network_up=0)
        site.stop_exporter()


def canaries_never_reached(site):
    """Behind an egress allow-list canaries say nothing, once providers are seen to answer."""
    canaries = [f"ip daddr {ADDRESSES[name]} drop" for name in CANARIES]
    site.network.inject(*canaries)
    site.start_exporter()
    def many_ok():
        ok = Counter(r.target for r in site.exporter.results() if r.outcome == "ok")
        return len(ok) == site.targets and min(ok.values()) >= 10
    site.wait_for("ten good probes of each target", many_ok)
    for _ in range(REPEAT):
        since = site.exporter.mark()
        site.network.black_hole(HOSTS["openai"])
        site.wait_for("failures", lambda: len(site.exporter.failures(since)) >= 2)
        healed = site.exporter.mark()
        site.network.heal(*canaries)
        site.wait_for("all to be ok", lambda: {
            result.target for result in site.exporter.results(healed)
            if result.outcome == "ok"} == {result.target for result in site.exporter.results()})
        site.expect(since, "provider", BROKEN)
    site.stop_exporter()


def many_targets_black_holed(site):
    """Fifty targets of one provider hang; all others start on time and stay well."""
    site.start_exporter()
    site.wait_until_well()
    def starts():
        """All, and those that slipped by more than 250 ms, of one scrape."""
        within = {le: float(count) for le, count in re.findall(
            r'^heyhi_scheduler_slip_seconds_bucket\{le="([^"]+)"\} (\S+)$', site.metrics(), re.M)}
        return within["+Inf"], within["+Inf"] - within["0.25"]
    since = site.exporter.mark()
    started, late = starts()
    site.network.black_hole(HOSTS["openai"])
    site.wait_for("each of the fifty to fail three times",
                  lambda: len(site.exporter.failures(since)) >= 3 * 50)
    site.expect(since, "provider", BROKEN)
    started, late = (now - then for now, then in zip(starts(), (started, late)))
    if late > 0.01 * started:
        raise AssertionError(f"{late} of {started} starts slipped by more than 250 ms")
    theirs = sum(r.target.startswith("mistral/") for r in site.exporter.results(since))
    if theirs < min(Counter(r.target for r in site.exporter.failures(since)).values()) * 2:
        raise AssertionError(f"only {theirs} probes of the other provider ended")
    site.stop_exporter()


SCENARIOS = {
    line_cut: {}, line_unplugged_or_unreachable: {}, line_loses_packets: {}, dns_silent: {},
    dns_useless: {}, provider_black_holed: {}, both_providers_black_holed: {},
    provider_unreachable: {}, line_cut_during_a_probe: {"latency": "700ms"},
    line_down_at_the_start: {"checks": "[chat]"}, canaries_never_reached: {},
    many_targets_black_holed: {
        "openai_models": json.dumps([f"model-{number}" for number in range(50)]),
        "checks": "[chat]"},
}


def play(scenario, options):
    begin = time.monotonic()
    site = Site(scenario.__name__, **options)
    try:
        scenario(site)
        print(f"{site.name}: {site.judged} failures judged rightly in "
              f"{time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    finally:
        site.close()


class NetworkFaultTest(unittest.TestCase):
    """One test a scenario."""

    @classmethod
    def setUpClass(cls):
        require_namespaces()
        # Mostly they wait; but exporters that starve judge nothing.
        pool = concurrent.futures.ThreadPoolExecutor(3 * os.cpu_count())
        cls.addClassCleanup(pool.shutdown)
        wanted = [argument.rsplit("test_", 1)[1] for argument in sys.argv[1:] if "test_" in argument]
        cls.played = {scenario: pool.submit(play, scenario, options)
                      for scenario, options in SCENARIOS.items()
                      if not wanted or scenario.__name__ in wanted}

    def _await(self, scenario):
        self.played[scenario].result()


for _scenario in SCENARIOS:
    setattr(NetworkFaultTest, f"test_{_scenario.__name__}",
            lambda self, scenario=_scenario: self._await(scenario))


if __name__ == "__main__":
    unittest.main()
