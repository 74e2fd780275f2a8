"""Probes and canaries through an HTTP proxy: whose fault its failures are."""

import unittest
import urllib.parse

from connect_proxy import ConnectProxy
from probe_log import WatchedExporter
from programs import BIN, CANARY, LIMIT_SECONDS, Emulator, Program, wait_for

CANARIES = ["localhost:1", "localhost:2", "localhost:3"]


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.emulator = Emulator()
        self.addCleanup(self.emulator.stop)
        self.server = urllib.parse.urlsplit(self.emulator.https).netloc
        host, port = self.server.split(":")
        self.proxy = ConnectProxy({name: (host, int(port)) for name in [self.server, *CANARIES]})
        self.addCleanup(lambda: self.proxy and self.proxy.stop())
        self.exporter = WatchedExporter(f"""
network: {{canaries: {CANARIES}, ca_file: {self.emulator.ca_file}}}
defaults:
  interval: 1s
  timeout: 5s
  api_key_env: TEST_KEY
  ca_file: {self.emulator.ca_file}
  proxy: {self.proxy.url}
providers:
  - {{name: openai, base_url: "{self.emulator.https}/openai/v1"}}
  - {{name: mistral, base_url: "{self.emulator.https}/mistral/v1", proxy: none}}
""", {"TEST_KEY": CANARY})
        self.addCleanup(self.exporter.stop)
        self.wait_until_well()

    def last(self, provider, since=0):
        results = [result for result in self.exporter.results(since)
                   if result.target.startswith(provider)]
        return results[-1] if results else None

    def wait_until_well(self, since=0):
        def well():
            ended = [self.last(provider, since) for provider in ("openai", "mistral")]
            return all(result and result.outcome == "ok" for result in ended)
        wait_for("both to be ok", well)

    def expect(self, reason, fault, network_up):
        """What openai's probes that begin from now on get. Who needs no proxy stays ok."""
        mark = self.exporter.mark()
        def seen():
            result = self.last("openai", mark)
            return (result and (result.reason, result.fault) == (reason, fault) and
                    self.exporter.metric("heyhi_network_up") == network_up)
        try:
            wait_for(f"{reason}, {fault}", seen)
        except AssertionError as error:
            raise AssertionError(f"{error}; log:\n{self.exporter.log[mark:][-6000:]}") from None
        wait_for("mistral", lambda: self.last("mistral", mark))
        self.assertEqual(self.last("mistral", mark).outcome, "ok")

    def test_all_goes_through_it_and_it_sees_nothing(self):
        asked = set()
        def seen():
            asked.update(head.split()[1] for head in self.proxy.asked)
            return asked == {self.server, *CANARIES}
        wait_for("canaries and probes at the proxy", seen)
        for head in self.proxy.asked:
            self.assertTrue(head.startswith("CONNECT "), head)
            self.assertNotIn(CANARY, head)
            self.assertNotIn("authorization", head.lower())
        self.assertEqual(self.exporter.metric("heyhi_network_up"), 1)

    def test_each_failure_has_its_fault(self):
        self.proxy.status, self.proxy.refused = "403 Forbidden", {self.server}
        self.expect("proxy_refused", "config", 1)
        self.proxy.status = "502 Bad Gateway"
        self.expect("conn_unreachable", "provider", 1)
        self.proxy.refused = None
        self.expect("conn_unreachable", "network", 0)
        self.proxy.status = None
        self.wait_until_well(self.exporter.mark())
        wait_for("the network to be up", lambda: self.exporter.metric("heyhi_network_up") == 1)
        self.proxy.stop()
        self.proxy = None
        self.expect("proxy_unreachable", "network", 0)

    def test_a_proxy_that_lets_no_canary_out_is_not_the_networks_trouble(self):
        self.proxy.status, self.proxy.refused = "403 Forbidden", set(CANARIES)
        self.emulator.set_fault(provider="openai", action="reset")
        self.expect("conn_closed", "provider", 1)  # as the proxy passes it on

    def probe_by_hand(self):
        """Exit code and report."""
        probe = Program(
            [BIN / "heyhitool", "probe", "acme/m", f"--base-url={self.emulator.https}/openai/v1",
             f"--ca-file={self.emulator.ca_file}", "--api-key-env=TEST_KEY",
             f"--proxy={self.proxy.url}"], {"TEST_KEY": CANARY})
        probe.process.wait(LIMIT_SECONDS)
        return probe.stop(), probe.log

    def test_one_probe_by_hand(self):
        code, report = self.probe_by_hand()
        self.assertEqual(code, 0, report)
        self.proxy.status, self.proxy.refused = "407 Proxy Authentication Required", {self.server}
        code, report = self.probe_by_hand()
        self.assertEqual(code, 1, report)
        for words in ("proxy_refused", "config", "407", "let its rules allow it"):
            self.assertIn(words, report)

    def test_canaries_of_a_probe_by_hand_take_its_proxy(self):
        self.proxy.status, self.proxy.refused = "502 Bad Gateway", {self.server}
        code, report = self.probe_by_hand()  # the proxy lets no well-known canary out
        self.assertEqual(code, 1, report)
        self.assertIn("conn_unreachable", report)
        self.assertIn("fault: provider", report)
        asked = [head.split()[1] for head in self.proxy.asked]
        self.assertTrue([name for name in asked if "wikipedia" in name], asked)


if __name__ == "__main__":
    unittest.main()
