"""Names that lead nowhere, or to the wrong place: row H-08 of docs/reliability.md."""

import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import hostile_case
from hostile_case import Case, HostileCase, Scrape, provider_lines, start_exporter, wait_for_probes
from hostile_certificates import Certificates
from hostile_dns import (NXDOMAIN, REFUSED, SERVFAIL, DnsServer, addresses, after,
                         alias_of_itself, code, cut_short, garbage, in_turn, of_another_question,
                         silence)
from hostile_server import HostileServer
from private_network import in_private_network
from programs import wait_for

PUBLIC = "93.184.216.34"  # inside this network it is ours
THOUSAND = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(1000)]

NAMES = {
    "nxdomain": (code(NXDOMAIN), "nxdomain"),
    "servfail": (code(SERVFAIL), "servfail"),
    "refused": (code(REFUSED), "servfail"),
    "dead": (silence, "dns_timeout"),
    "20-seconds": (after(20, addresses("127.0.0.1")), "dns_timeout"),
    "no-address": (addresses(), "no_address"),
    # Only the last one answers, and nobody tries that many.
    "thousand-addresses": (addresses(*THOUSAND, "127.0.0.1"), "conn_refused connect"),
    "flips": (in_turn(addresses("127.0.0.1"), addresses("127.0.0.9")), "ok conn_refused"),
    "refusing-and-good": (addresses("127.0.0.9", "127.0.0.1"), "ok"),
    "alias-of-itself": (alias_of_itself, "no_address"),
    "of-another-question": (of_another_question, "dns_timeout"),
    "garbage": (garbage, "dns_timeout servfail"),
    "cut-short": (cut_short, "servfail"),
    # Written in the configuration, private addresses are meant.
    "private": (addresses("::ffff:127.0.0.1"), "ok"),
}


def use_dns_server(*servers):
    """Makes them this mount namespace's; may be called again."""
    text = "".join(f"nameserver {server}\n" for server in servers)
    path = pathlib.Path("/etc/resolv.conf").resolve()
    if not getattr(use_dns_server, "file", None):
        use_dns_server.file = pathlib.Path(tempfile.mkdtemp()) / "resolv.conf"
        use_dns_server.file.write_text(text)
        subprocess.run(["mount", "--bind", use_dns_server.file, path], check=True)
    path.write_text(text)


def threads(exporter):
    status = pathlib.Path(f"/proc/{exporter.process.pid}/status").read_text()
    return int(re.search(r"Threads:\s+(\d+)", status)[1])


@in_private_network
class HostileDnsTest(hostile_case.HostileCrowdCase):
    @classmethod
    def setUpClass(cls):
        use_dns_server("127.0.0.1")
        cls.server = HostileServer()
        dns = DnsServer(cls.server)
        cls.addClassCleanup(dns.close)
        well = HostileServer()
        cls.addClassCleanup(well.close)
        port = well.listen().port
        dns.names = {f"{name}.test": behave for name, (behave, _) in NAMES.items()}
        cls.start([Case("H-08", name, reasons=reasons, url=f"http://{name}.test:{port}/v1")
                   for name, (_, reasons) in NAMES.items()], ["allow_plain_http: true"])
        cls.threads = threads(cls.exporter)

    def test_h_08_each_has_its_reason(self):
        self.expect_row("H-08")

    def test_h_08_no_lookup_takes_a_thread(self):
        # The main thread, the probing one, the one that reloads and the web server's two.
        self.assertLessEqual(self.threads, 5 if not hostile_case.SANITIZED else 6)

    def test_h_08_ends_at_once_while_lookups_hang(self):
        exporter = start_exporter([provider_lines(f"slow-{i}", f"http://{name}.test:1/v1")
                                   for i, name in enumerate(["dead", "20-seconds"] * 10)],
                                  timeout=60, more=["allow_plain_http: true"])
        self.addCleanup(exporter.stop)
        self.server.misbehave()
        wait_for("all look-ups to hang",
                 lambda: Scrape(exporter).sum("heyhi_probes_in_flight") == 20)
        began = time.monotonic()
        self.assertEqual(exporter.stop(), 0)
        self.assertLessEqual(time.monotonic() - began, 5)


@in_private_network
class DeadServerTest(HostileCase):
    def test_h_08_without_any_server_it_is_dns(self):
        use_dns_server("127.0.0.2")  # nobody there
        exporter = start_exporter([provider_lines("p", "https://p.test/v1")])
        self.addCleanup(exporter.stop)
        self.expect_reasons(None, wait_for_probes(exporter, ["p"], 3), "p",
                            "servfail dns_timeout")
        self.expect_in_time(exporter)
        dns = DnsServer()
        self.addCleanup(dns.close)
        use_dns_server("127.0.0.1")  # read anew for each probe
        wait_for("the new server to be asked",
                 lambda: Scrape(exporter).reasons("p")["conn_refused"])


# Providers whose host is built in, and what the poisoned name says of it.
POISONED = {
    "openai": ("api.openai.com", addresses("127.0.0.1"), "no_address"),
    "anthropic": ("api.anthropic.com", addresses("169.254.169.254"), "no_address"),
    "gemini": ("generativelanguage.googleapis.com", addresses("::ffff:127.0.0.1"), "no_address"),
    "cohere": ("api.cohere.com", addresses("::1", "0.0.0.0"), "no_address"),
    "groq": ("api.groq.com", addresses("192.168.1.1", "100.64.0.1", "10.0.0.1"), "no_address"),
    "mistral": ("api.mistral.ai", addresses("127.0.0.1", PUBLIC, "192.168.1.1"), "ok"),
    "xai": ("api.x.ai", in_turn(addresses(PUBLIC), addresses("127.0.0.1")), "ok no_address"),
}
FORBIDDEN = ["127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "10.0.0.1"]


@in_private_network
class PoisonedNameTest(HostileCase):
    def test_h_08_a_built_in_host_is_never_a_private_address(self):
        use_dns_server("127.0.0.1")
        for address in (*FORBIDDEN[1:], PUBLIC):
            subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
        certificates = Certificates()
        self.addCleanup(certificates.close)
        context = certificates.issue("hosts", hosts=[h for h, _, _ in POISONED.values()]).context()
        server = HostileServer()
        self.addCleanup(server.close)
        traps = {a: server.listen(context=context, address=(a, 443)) for a in (*FORBIDDEN, "::1")}
        good = server.listen(context=context, address=(PUBLIC, 443))
        dns = DnsServer()
        self.addCleanup(dns.close)
        dns.names = {host: behave for host, behave, _ in POISONED.values()}
        exporter = start_exporter([f"  - name: {name}\n" for name in POISONED],
                                  more=[f"ca_file: {certificates.authority.certificate}"])
        self.addCleanup(exporter.stop)
        scrape = wait_for_probes(exporter, POISONED, 4)
        self.assertEqual({a: trap.connections for a, trap in traps.items() if trap.connections},
                         {})
        self.assertGreater(good.requests, 0)
        for name, (_, _, reasons) in POISONED.items():
            # Another dialect's answer, or the right one: it answered.
            answered = "ok bad_json" if "ok" in reasons else ""
            self.expect_reasons(None, scrape, name, f"{reasons} {answered}")


if __name__ == "__main__":
    unittest.main()
