"""How the exporter starts, fails and stops, as its operator sees it."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from programs import (BIN, CANARY, HAS_PROC, SANITIZED, Emulator, Exporter, Program, config_for,
                      run_exporter, wait_for)


README = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"]) / "README.md"


class StartTest(unittest.TestCase):
    GOOD = "network: {canaries: []}\nproviders: [{name: local, base_url: 'http://127.0.0.1:9', models: [m]}]\n"

    def test_a_bad_configuration_is_named_by_line(self):
        code, _, error = run_exporter(config="providers:\n  - {name: openai, intervall: 5m}\n")
        self.assertEqual(code, 78)
        self.assertEqual(
            error, 'heyhi-exporter: heyhi.yml:2: unknown key "intervall" (did you mean '
                   '"interval"?)\n')

    def test_a_missing_key_says_what_to_set(self):
        code, _, error = run_exporter(config="providers:\n  - name: openai\n")
        self.assertEqual(code, 78)
        self.assertIn("heyhi.yml:2: environment variable OPENAI_API_KEY is not set", error)

    def test_a_missing_file_is_named(self):
        code, _, error = run_exporter("--config.file=/nowhere.yml")
        self.assertEqual((code, error),
                         (78, "heyhi-exporter: /nowhere.yml: No such file or directory\n"))

    def test_a_check_reports_and_exits(self):
        code, output, _ = run_exporter("--config.check", config=self.GOOD)
        self.assertEqual(code, 0)
        self.assertRegex(output, r"heyhi\.yml: good, 1 target\n")

    def test_a_malformed_address_is_a_wrong_flag(self):
        for address in ("nonsense", "127.0.0.1", ":99999", ""):
            code, _, error = run_exporter(f"--web.listen-address={address}", config=self.GOOD)
            self.assertEqual(code, 64, error)
            self.assertIn(f'listen address "{address}"', error)

    def test_messages_stay_on_one_line(self):
        code, _, error = run_exporter(config='providers:\n  - {name: openai, "a\\nb": 1}\n')
        self.assertEqual((code, error.count("\n")), (78, 1))

    def test_an_unknown_flag_is_refused(self):
        code, _, error = run_exporter("--config.fil=x")
        self.assertEqual(code, 64)
        self.assertIn('did you mean "--config.file"?', error)

    def test_help_and_version(self):
        for flag in ("--help", "-h"):
            self.assertIn("--web.listen-address=HOST:PORT", run_exporter(flag)[1])
        self.assertRegex(run_exporter("--version")[1], r"^heyhi-exporter \d+\.\d+\.\d+ ")

    def test_the_readme_lists_every_flag(self):
        flags = set(re.findall(r"^  --(?:\[no-\])?([\w.-]+)", run_exporter("--help")[1], re.M))
        table = re.search(r"^\| flag \|.*?\n\n", README.read_text(), re.M | re.S).group(0)
        self.assertEqual(flags, set(re.findall(r"`--([\w.-]+)`", table)))

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            code, _, error = run_exporter(f"--web.listen-address={address}", config=self.GOOD)
        self.assertEqual(code, 1)
        self.assertIn(f'cannot listen on "{address}": Address already in use', error)


class RunTest(unittest.TestCase):
    def setUp(self):
        self.emulator = Emulator()
        self.addCleanup(self.emulator.stop)

    def test_stops_cleanly_while_a_probe_hangs(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            self.emulator.set_fault(action="stall")
            exporter = Exporter(config_for(self.emulator, timeout="1m"), {"TEST_KEY": CANARY})
            self.addCleanup(exporter.stop)
            wait_for("a probe in flight", lambda e=exporter: e.metric("heyhi_probes_in_flight") > 0)
            began = time.monotonic()
            self.assertEqual(exporter.stop(sig), 0)
            self.assertLess(time.monotonic() - began, 5)

    def test_an_unknown_authority_is_not_trusted(self):
        exporter = Exporter(config_for(self.emulator, ca_file="", providers=["openai"]),
                            {"TEST_KEY": CANARY})
        self.addCleanup(exporter.stop)
        exporter.wait_for_log(r"error_type=other reason=tls_ca fault=provider")
        self.assertEqual(self.emulator.requests(), {})

    def test_a_name_that_does_not_exist_is_a_dns_failure(self):
        exporter = Exporter("network: {canaries: []}\nproviders:\n  - name: gone\n    interval: 1s\n    timeout: 3s\n"
                            "    base_url: https://gone.invalid/v1\n    models: [m]\n")
        self.addCleanup(exporter.stop)
        exporter.wait_for_log(r'msg="probe failed" target=gone/m/chat error_type=dns')

    @unittest.skipUnless(HAS_PROC, "/proc is not mounted here")
    def test_ten_targets_stay_below_24_megabytes(self):
        models = ", ".join(f"m-{i}" for i in range(10))
        # A real system's bundle beside the emulator's authority: parsed, it takes memory.
        bundle = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text(encoding="utf-8")
        both = self.emulator.ca_file.with_name("both.pem")
        both.write_text(bundle + self.emulator.ca_file.read_text())
        config = config_for(self.emulator, providers=["openai"], ca_file=both)
        config += f"    models: [{models}]\n"
        exporter = Exporter(config, {"TEST_KEY": CANARY})
        self.addCleanup(exporter.stop)
        wait_for("thirty probes",
                 lambda: exporter.metric("heyhi_probe_attempts_total") >= 30)
        self.assertEqual(exporter.metric("heyhi_probe_failures_total"), 0)
        limit = 24e6 if not SANITIZED else 1e9  # sanitizers keep shadow memory
        self.assertLess(exporter.metric("process_resident_memory_bytes"), limit)

    def test_a_real_prometheus_scrapes_it(self):
        exporter = Exporter(config_for(self.emulator), {"TEST_KEY": CANARY})
        self.addCleanup(exporter.stop)
        wait_for("a success", lambda: exporter.metric("heyhi_probe_success", provider="groq") == 1)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "prometheus.yml"
            target = exporter.url.removeprefix("http://")
            file.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n"
                            f"  - job_name: heyhi\n    static_configs: [{{targets: ['{target}']}}]\n")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{probe.getsockname()[1]}"
            prometheus = Program(["prometheus", f"--config.file={file}",
                                  f"--storage.tsdb.path={folder}/data",
                                  f"--web.listen-address={address}"])
            try:
                prometheus.wait_for_log(r"Server is ready to receive web requests")
                self.wait_for_sample(address)
            finally:
                prometheus.stop()

    def wait_for_sample(self, address):
        def query():
            result = subprocess.run(
                ["promtool", "query", "instant", f"http://{address}",
                 'heyhi_probe_success{provider="groq"} * on(instance) group_left up'],
                text=True, capture_output=True, check=False)
            return re.search(r"=> 1 @", result.stdout)
        wait_for("the sample in Prometheus", query)


if __name__ == "__main__":
    unittest.main()
