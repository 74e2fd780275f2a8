"""Connections that fail below HTTP: row H-09 of docs/reliability.md."""

import json
import subprocess
import unittest

import hostile_case
from hostile_case import Case, HostileCase, ended, provider_lines, start_exporter, wait_for_probes
from hostile_server import (GOOD, BlackHole, HostileServer, SlowLine, answer_well, close, head,
                            in_single_bytes, refusing_port, reset, stall, then_reset)
from private_network import in_private_network


class HostileTcpTest(hostile_case.HostileCrowdCase):
    @classmethod
    def setUpClass(cls):
        cls.hole = BlackHole()
        cls.addClassCleanup(cls.hole.close)
        refusing = refusing_port()
        cls.addClassCleanup(refusing.close)
        well = HostileServer()
        cls.addClassCleanup(well.close)
        # 300 ms each way.
        line = SlowLine(well.listen().port, 0.3)
        cls.addClassCleanup(line.close)
        body = json.dumps(GOOD).encode()
        start = head(length=len(body))
        def case(name, behave=answer_well, reasons="ok", **more):
            return Case("H-09", name, behave, reasons, **more)
        cls.start([
            case("refused", reasons="conn_refused",
                 url=f"http://127.0.0.1:{refusing.getsockname()[1]}/v1"),
            case("black-hole", reasons="connect", url=cls.hole.url),
            case("600-ms-away", url=line.url),
            # Where it falls into the connecting, the name's next address is tried.
            case("reset-after-accept", reset, "conn_reset conn_refused", at_once=True),
            case("closed-after-accept", close, "conn_closed conn_reset", at_once=True),
            case("silent-after-accept", stall, "ttfb", at_once=True),
            case("reset-after-request", reset, "conn_reset"),
            case("closed-after-request", close, "conn_closed"),
            case("reset-in-the-header", then_reset(start[:40]), "conn_reset"),
            case("reset-in-the-body", then_reset(start + body[:100]), "conn_reset short_body"),
            case("closed-in-the-body", lambda c: c.sendall(start + body[:100]), "short_body"),
            case("single-bytes", in_single_bytes(start + body)),
        ])

    def test_h_09_each_has_its_reason(self):
        self.expect_row("H-09")

    def test_h_09_a_long_way_shows_in_the_time(self):
        for outcome, took in ended(self.exporter)["h09-600-ms-away"]:
            self.assertEqual(outcome, "ok")
            self.assertGreaterEqual(took, 600)


@in_private_network
class LossTest(HostileCase):
    def test_h_09_lost_packets_only_cost_time(self):
        server = HostileServer()
        self.addCleanup(server.close)
        listeners = [server.listen() for _ in range(20)]
        names = [f"lossy-{i}" for i in range(len(listeners))]
        rules = ["add table inet loss",
                 "add chain inet loss input { type filter hook input priority 0; }"]
        rules += [f"add rule inet loss input tcp dport {each.port} tcp flags & (syn | ack) == syn "
                  "numgen random mod 100 < 30 drop" for each in listeners]
        subprocess.run(["nft", "-f", "-"], input="\n".join(rules), text=True, check=True)
        timeout = 10  # the kernel tries again after 1, 3 and 7 seconds
        exporter = start_exporter([provider_lines(name, f"http://127.0.0.1:{each.port}/v1")
                                   for name, each in zip(names, listeners, strict=True)],
                                  timeout=timeout)
        self.addCleanup(exporter.stop)
        scrape = wait_for_probes(exporter, names, 3)
        for name in names:  # all four packets of one are lost once in 120 times
            self.expect_reasons(None, scrape, name, "ok connect")
        took = [ms for probes in ended(exporter).values() for _, ms in probes]
        self.assertLessEqual(max(took), timeout * 1000 + 250)
        # Some needed a second packet, and most did not.
        late = sum(ms >= 1000 for ms in took)
        self.assertGreater(late, 0)
        self.assertLess(late, len(took) * 0.6)


if __name__ == "__main__":
    unittest.main()
