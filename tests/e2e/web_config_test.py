"""--web.config.file: TLS, client certificates and passwords, renewed while it runs."""

import base64
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from hostile_certificates import Certificates
from programs import BIN, SANITIZED, Exporter, wait_for

CONFIG = ("network: {canaries: []}\nproviders: "
          "[{name: local, base_url: 'http://127.0.0.1:9', models: [m]}]\n")
# "correct horse" at cost 4: quick.
HASH = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
TLS = "tls_server_config: {cert_file: cert.pem, key_file: key.pem"


class Client:
    """Asks the exporter of a test; keeps the headers of the last answer."""

    def __init__(self, test):
        self.test = test
        self.headers = {}

    def get(self, path="/-/healthy", scheme="https", user=None, context=None):
        """The status, or the error's class where there is no answer."""
        request = urllib.request.Request(f"{scheme}://{self.test.address}{path}")
        if user is not None:
            request.add_header("Authorization",
                               "Basic " + base64.b64encode(user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=60, context=(
                    context or self.test.context()) if scheme == "https" else None) as answer:
                self.headers = answer.headers
                return answer.status
        except urllib.error.HTTPError as error:
            self.headers = error.headers
            return error.code
        except (urllib.error.URLError, OSError):
            return None


class WebConfigTest(unittest.TestCase):
    def setUp(self):
        self.certificates = Certificates()
        self.addCleanup(self.certificates.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "web.yml"

    def install(self, name, **options):
        identity = self.certificates.issue(name, hosts=["127.0.0.1", "localhost"], **options)
        for source, target in ((identity.key, "key.pem"), (identity.certificate, "cert.pem")):
            new = self.folder / (target + ".new")
            shutil.copy(source, new)
            new.chmod(0o600)
            new.rename(self.folder / target)
        return identity

    def start(self, text):
        self.file.write_text(text)
        exporter = Exporter(CONFIG, flags=[f"--web.config.file={self.file}"])
        self.addCleanup(exporter.stop)
        self.address = exporter.url.split("//")[1]
        return exporter

    def refused(self, text, *flags):
        self.file.write_text(text)
        config = self.folder / "heyhi.yml"
        config.write_text(CONFIG)
        result = subprocess.run(
            [BIN / "heyhi-exporter", f"--config.file={config}", f"--web.config.file={self.file}",
             "--web.listen-address=127.0.0.1:0", *flags], text=True, capture_output=True,
            check=False, timeout=60, env={})
        return result.returncode, result.stderr.replace(str(self.folder) + "/", "")

    def context(self, identity=None):
        context = ssl.create_default_context(cafile=self.certificates.authority.certificate)
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
        return context

    def get(self, *arguments, **more):
        client = Client(self)
        status = client.get(*arguments, **more)
        self.headers = client.headers
        return status

    def test_tls_is_what_the_file_asks_for(self):
        self.install("server")
        self.start(TLS + ", min_version: TLS13}\n")
        self.assertEqual(self.get(), 200)
        self.assertIsNone(self.get(scheme="http"))
        for version, works in ((ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)):
            context = self.context()
            context.maximum_version = context.minimum_version = version
            self.assertEqual(self.get(context=context) == 200, works, version)

    def test_s_18_tls_1_2_is_the_oldest(self):
        self.install("server")
        self.start(TLS + "}\n")
        for version, works in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            result = subprocess.run(
                ["openssl", "s_client", "-connect", self.address, version, "-cipher",
                 "DEFAULT@SECLEVEL=0", "-CAfile", self.certificates.authority.certificate],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual("Verify return code: 0 (ok)" in result.stdout
                             and "Cipher is (NONE)" not in result.stdout, works, version)

    def test_client_certificates(self):
        self.install("server")
        shutil.copy(self.certificates.authority.certificate, self.folder / "ca.pem")
        known = self.context(self.certificates.issue(
            "client", more=["extendedKeyUsage = clientAuth"]))
        strange = self.context(self.certificates.issue("stranger", by=None))
        none = self.context()
        exporter = self.start(TLS + "}\n")
        for kind, verdicts in (("NoClientCert", (200, 200, 200)),
                               ("RequestClientCert", (200, 200, 200)),
                               ("RequireAnyClientCert", (403, 200, 200)),
                               ("VerifyClientCertIfGiven", (200, 403, 200)),
                               ("RequireAndVerifyClientCert", (403, 403, 200))):
            authority = ", client_ca_file: ca.pem" if "Verify" in kind else ""
            said = len(exporter.log)
            self.file.write_text(f"{TLS}, client_auth_type: {kind}{authority}}}\n")
            exporter.wait_for_log("web configuration read anew", said)
            self.assertEqual(tuple(self.get(context=context)
                                   for context in (none, strange, known)), verdicts, kind)

    def test_s_16_passwords(self):
        exporter = self.start(f"basic_auth_users: {{prometheus: '{HASH}'}}\n"
                   "http_server_config: {headers: {X-Frame-Options: deny}}\n")
        get = lambda **more: self.get("/metrics", "http", **more)
        self.assertEqual(get(), 401)
        self.assertIn("Basic realm", self.headers["WWW-Authenticate"])
        self.assertEqual(self.headers["X-Frame-Options"], "deny")
        self.assertEqual(get(user="prometheus:correct horse"), 200)
        self.assertEqual(get(user="prometheus:correct horse"), 200)
        self.assertEqual(self.headers["X-Frame-Options"], "deny")
        for user in ("prometheus:wrong", "prometheus:", "prometheus", "eve:correct horse",
                     f"prometheus:{HASH}", ":", "prometheus:correct horse\0"):
            self.assertEqual(get(user=user), 401, user)
        exporter.wait_for_log(r'msg="wrong name or password" client=127\.0\.0\.1 path=/metrics')
        self.assertEqual(exporter.log.count("wrong name or password"), 1)
        self.assertNotIn("correct horse", exporter.log)
        self.assertRegex(self.headers["X-Request-Id"], r"^[0-9a-f]{8}-\d+$")

    def test_s_16_wrong_passwords_do_not_hold_scrapes_up(self):
        self.start(f"basic_auth_users: {{prometheus: '{HASH}', slow: '{HASH.replace('$04$', '$12$')}'}}\n")
        self.assertEqual(self.get("/metrics", "http", user="prometheus:correct horse"), 200)
        end, verdicts = threading.Event(), []
        def guess():
            client = Client(self)
            while not end.is_set():
                verdicts.append(client.get("/metrics", "http", user="slow:guess"))
        guessers = [threading.Thread(target=guess) for _ in range(12)]
        for guesser in guessers:
            guesser.start()
        slowest = 0
        try:
            wait_for("a guess that is turned away", lambda: 429 in verdicts)
            for _ in range(30):
                begun = time.monotonic()
                self.assertEqual(self.get("/metrics", "http", user="prometheus:correct horse"), 200)
                slowest = max(slowest, time.monotonic() - begun)
        finally:
            end.set()
            for guesser in guessers:
                guesser.join()
        self.assertLessEqual(set(verdicts), {401, 429})
        self.assertLessEqual(slowest, 1 if not SANITIZED else 5)

    def test_passwords_and_tls_do_not_end_by_a_change(self):
        """Half a file, or an empty one, must not open the door."""
        self.install("server")
        users = f"basic_auth_users: {{prometheus: '{HASH}'}}\n"
        exporter = self.start(TLS + "}\n" + users)
        for text, word in ((TLS + "}\n", "passwords would end"), ("", "TLS would end")):
            said = len(exporter.log)
            self.file.write_text(text)
            exporter.wait_for_log(word, said)
            self.assertEqual(self.get("/metrics"), 401)

    def test_s_18_certificates_are_renewed_while_scrapes_go_on(self):
        self.install("server-0")
        exporter = self.start(TLS + "}\n")
        end, failures, scrapes = threading.Event(), [], [0]
        def scrape():
            client = Client(self)
            while not end.is_set():
                status = client.get("/metrics")
                scrapes[0] += 1
                if status != 200:
                    failures.append(status)
        scrapers = [threading.Thread(target=scrape) for _ in range(2)]
        for scraper in scrapers:
            scraper.start()
        for number in range(1, 4):
            said = len(exporter.log)
            self.install(f"server-{number}")
            exporter.wait_for_log("web configuration read anew", said)
            seen = ssl.get_server_certificate(tuple(self.address.split(":")))
            self.assertEqual(ssl.PEM_cert_to_DER_cert(seen), ssl.PEM_cert_to_DER_cert(
                (self.folder / "cert.pem").read_text()))
        end.set()
        for scraper in scrapers:
            scraper.join()
        self.assertEqual(failures, [], f"of {scrapes[0]} scrapes")
        self.assertGreater(scrapes[0], 10)

    def test_a_bad_change_is_not_used(self):
        self.install("server")
        exporter = self.start(TLS + "}\n")
        self.file.write_text(TLS + ", cipher_suites: [x]}\n")
        exporter.wait_for_log("the changed web configuration is not used.*cipher_suites")
        self.assertEqual(self.get(), 200)
        said = len(exporter.log)
        self.file.write_text(TLS + "}\n")
        (self.folder / "key.pem").write_text("-----BEGIN nonsense")
        exporter.wait_for_log("check the certificate and its key", said)
        self.assertEqual(self.get(), 200)

    def test_s_18_an_open_key_is_refused(self):
        self.install("server")
        (self.folder / "key.pem").chmod(0o644)
        code, error = self.refused(TLS + "}\n")
        self.assertEqual(code, 78)
        self.assertIn("key.pem: its mode is 0644, so that others could read or change it; "
                      "chmod 0640 (or 0600) it", error)

    def test_a_bad_file_ends_the_start(self):
        code, error = self.refused("basic_auth_users: {ann: secret}\n")
        self.assertEqual(code, 78)
        self.assertEqual(self.refused("basic_auth_users: {ann: secret}\n", "--config.check"),
                         (code, error))
        self.assertRegex(error, r'web\.yml:1: the password of user "ann" must be a bcrypt hash')
        self.assertNotIn("secret", error)

    def test_promtool_accepts_our_example(self):
        example = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"]) / "web.example.yml"
        self.install("server")
        shutil.copy(self.certificates.authority.certificate, self.folder / "client-ca.pem")
        text = example.read_text()
        self.file.write_text(text)
        result = subprocess.run(["promtool", "check", "web-config", self.file], text=True,
                                capture_output=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        exporter = self.start(text)
        self.assertIn("tls=true", exporter.log)


if __name__ == "__main__":
    unittest.main()
