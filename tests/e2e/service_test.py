"""How the exporter gets on with what runs it: systemd's notifications and watchdog,
--healthcheck for containers, no core dumps."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from programs import BIN, HAS_PROC, Exporter

SOURCE = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"])
CONFIG = ("network: {canaries: []}\n"
          "providers: [{name: local, base_url: 'http://127.0.0.1:9', models: [m]}]\n")


class NotifyTest(unittest.TestCase):
    def start(self, name, watchdog="600000"):
        """The exporter under a manager that listens on that name, and its socket."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name)
        manager.settimeout(60)
        exporter = Exporter(CONFIG, {"NOTIFY_SOCKET": name.replace("\0", "@"),
                                     "WATCHDOG_USEC": watchdog})
        self.addCleanup(exporter.stop)
        return exporter, manager

    def receive_until(self, manager, word):
        seen = []
        while word not in seen:
            seen += manager.recv(4096).decode().splitlines()
        return seen

    def test_it_says_that_it_is_ready_alive_and_stopping(self):
        with tempfile.TemporaryDirectory() as folder:
            exporter, manager = self.start(f"{folder}/notify")
            self.assertIn("STATUS=probing", self.receive_until(manager, "READY=1"))
            for _ in range(3):
                self.receive_until(manager, "WATCHDOG=1")
            exporter.process.terminate()
            self.receive_until(manager, "STOPPING=1")

    def test_it_knows_abstract_addresses(self):
        _, manager = self.start(f"\0heyhi-test-{os.getpid()}")
        self.receive_until(manager, "READY=1")

    def test_without_a_manager_it_just_runs(self):
        for address in ("relative", "/nowhere/notify", "/" + "x" * 200, ""):
            exporter = Exporter(CONFIG, {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "zzz"})
            self.assertEqual(exporter.status("/-/healthy"), 200)
            self.assertEqual(exporter.stop(), 0)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed here")
    def test_the_unit_is_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "heyhi-exporter.service"
            text = (SOURCE / "deploy/heyhi-exporter.service").read_text()
            unit.write_text(text.replace("/usr/local/bin/heyhi-exporter", str(BIN / "heyhi-exporter")))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout + done.stderr, "")


class HealthCheckTest(unittest.TestCase):
    def check(self, *flags):
        done = subprocess.run([BIN / "heyhi-exporter", "--healthcheck", *flags],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_it_says_whether_the_exporter_answers(self):
        exporter = Exporter(CONFIG)
        port = exporter.url.rsplit(":", 1)[1]
        for address in (f"127.0.0.1:{port}", f":{port}", f"0.0.0.0:{port}"):
            self.assertEqual(self.check(f"--web.listen-address={address}"), (0, ""))
        exporter.stop()
        code, words = self.check(f"--web.listen-address=127.0.0.1:{port}")
        self.assertEqual(code, 1)
        self.assertIn(f"http://127.0.0.1:{port}/-/healthy", words)
        self.assertEqual(words.count("\n"), 1)

    def test_it_gets_through_tls_and_passwords(self):
        with tempfile.TemporaryDirectory() as folder:
            base = pathlib.Path(folder)
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                            "/CN=heyhi.test", "-keyout", base / "key.pem", "-out",
                            base / "cert.pem"], check=True, capture_output=True)
            (base / "key.pem").chmod(0o600)
            web = base / "web.yml"
            password = "$2y$05$w.xtUFMzcSSSGCS1Y0YPGOZPXNlBSLBZTBYCFWR2wqvDqbrHbCsVy"
            for tls in ("", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"):
                web.write_text(f"{tls}basic_auth_users: {{scraper: '{password}'}}\n")
                exporter = Exporter(CONFIG, flags=[f"--web.config.file={web}"])
                address = exporter.url.removeprefix("http://")
                self.assertEqual(self.check(f"--web.listen-address={address}",
                                            f"--web.config.file={web}"), (0, ""), tls)
                exporter.stop()

    def test_it_needs_a_port(self):
        code, words = self.check("--web.listen-address=127.0.0.1:0")
        self.assertEqual(code, 1)
        self.assertIn("needs the port", words)


class CoreDumpTest(unittest.TestCase):
    @unittest.skipUnless(HAS_PROC, "/proc is not mounted here")
    def test_s_03_its_memory_becomes_no_file(self):
        exporter = Exporter(CONFIG)
        self.addCleanup(exporter.stop)
        limits = pathlib.Path(f"/proc/{exporter.process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")


if __name__ == "__main__":
    unittest.main()
