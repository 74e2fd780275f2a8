"""The rules of the house that a machine can check."""

import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"])

# Each folder, and those it may include from.
MAY_INCLUDE = {
    "serving": {"serving"},
    "probes": {"probes"},
    "exporter": {"exporter", "probes", "serving", "embedded"},
    "tools": {"tools", "exporter", "probes", "serving"},
}

# Third-party libraries, and the only files that may include them.
WALLS = {
    r"curl/": {"probes/curl_transport.cc", "probes/curl_multis.cc", "probes/curl_exchange.h",
               "probes/curl_option_setter.h", "probes/curl_reason.cc", "probes/curl_tls.h",
               "probes/url.cc"},
    r"ares\.h": {"probes/dns_lookup.cc", "probes/curl_transport.cc"},
    r"nlohmann/json\.hpp": {"probes/json.cc"},
    r"nlohmann/json_fwd\.hpp": {"probes/json.h"},
    r"prometheus/": {"serving/metric_table.cc"},
    r"(microhttpd|gnutls/gnutls)\.h": {
        "serving/mhd_client_certificate.cc", "serving/mhd_listener.cc", "serving/mhd_response.cc",
        "serving/pending_reply.cc"},
    r"yaml-cpp/": {"serving/yaml_tree.cc", "serving/yaml_writer.cc"},
    r"openssl/": {"probes/ca_bundle.cc", "probes/curl_tls.cc", "serving/password_checker.cc",
                  "tools/certificate.cc", "tools/openssl_handles.h"},
}

MAX_LINES = 400


def sources(folder):
    return sorted(p for p in (ROOT / folder).rglob("*")
                  if p.suffix in (".h", ".cc") and "node_modules" not in p.parts)


def includes(path):
    return re.findall(r'^#include [<"]([^">]+)[">]', path.read_text(), re.M)


class HouseTest(unittest.TestCase):
    def test_folders_include_only_what_they_stand_on(self):
        for folder, allowed in MAY_INCLUDE.items():
            for path in sources(folder):
                for name in includes(path):
                    top = name.split("/")[0]
                    if (ROOT / top).is_dir() and "/" in name:
                        self.assertIn(top, allowed, f"{path.relative_to(ROOT)} includes {name}")

    def test_libraries_stay_behind_their_walls(self):
        for folder in MAY_INCLUDE:
            for path in sources(folder):
                relative = str(path.relative_to(ROOT))
                for name in includes(path):
                    for pattern, walls in WALLS.items():
                        if re.match(pattern, name):
                            self.assertIn(relative, walls, f"{relative} includes {name}")

    def test_certificates_are_always_verified(self):
        for path in sources("probes"):
            self.assertNotRegex(path.read_text(), r"CURLOPT_SSL_VERIFY(PEER|HOST)")

    def test_every_test_is_built(self):
        for folder in MAY_INCLUDE:
            listed = re.findall(r"\w+\.cc", (ROOT / "tests" / folder / "CMakeLists.txt").read_text())
            for path in (ROOT / "tests" / folder).glob("*.cc"):
                self.assertIn(path.name, listed, f"not in tests/{folder}/CMakeLists.txt")

    def test_files_stay_short(self):
        for folder in (*MAY_INCLUDE, "tests"):
            for path in sources(folder):
                lines = path.read_text().count("\n")
                limit = MAX_LINES if folder != "tests" else MAX_LINES + 150
                self.assertLessEqual(lines, limit, path.relative_to(ROOT))

    def test_guards_follow_the_path(self):
        for folder in (*MAY_INCLUDE, "tests"):
            for path in sources(folder):
                if path.suffix == ".h":
                    guard = "HEYHI_" + re.sub(r"[/.]", "_", str(path.relative_to(ROOT))).upper()
                    self.assertIn(f"#ifndef {guard}_\n", path.read_text())

    def test_the_root_build_file_reads_in_one_look(self):
        self.assertLess((ROOT / "CMakeLists.txt").read_text().count("\n"), 80)

    def test_the_run_script_knows_every_provider_and_its_key(self):
        documented = re.findall(r"^\| (\w+) \| `https://[^|]*\| `(\w+_API_KEY)` \|",
                                (ROOT / "docs/providers.md").read_text(), re.M)
        listed = re.search(r'^KEYED_PROVIDERS="([^"]*)"', (ROOT / "dev").read_text(), re.M)[1]
        self.assertEqual(sorted(f"{name}:{key}" for name, key in documented),
                         sorted(listed.split()))

    def test_package_locks_name_no_registry(self):
        for path in ROOT.glob("tests/*/package-lock.json"):
            self.assertNotIn('"resolved"', path.read_text(), path.relative_to(ROOT))


class MetricDocsTest(unittest.TestCase):
    """docs/metrics.md and the golden file name the same metrics."""

    BASE = ["provider", "model", "check", "region"]

    def golden(self):
        families, current = {}, None
        for line in (ROOT / "tests/testdata/metrics.golden").read_text().splitlines():
            if match := re.match(r"# TYPE (\S+) (\S+)", line):
                current = match[1]
                families[current] = (match[2], [])
            elif match := re.match(r"\w+\{(.*)\} ", line):
                labels = families[current][1]
                for label in re.findall(r'(\w+)="', match[1]):
                    if label != "le" and label not in labels:
                        labels.append(label)
        return families

    def documented(self):
        rows = re.findall(r"^\| ((?:heyhi|process)_\w+) \| (\w+) \| ([^|]*) \| ([^|]+) \|$",
                          (ROOT / "docs/metrics.md").read_text(), re.M)
        families = {}
        for name, kind, labels, meaning in rows:
            self.assertTrue(meaning.strip(), name)
            names = [] if labels == "–" else labels.split(", ")
            if "base" in names:
                names = self.BASE + [n for n in names if n != "base"]
            families[name] = (kind, names)
        return families

    def test_names_types_and_labels_agree(self):
        golden, documented = self.golden(), self.documented()
        self.assertEqual(sorted(golden), sorted(documented))
        for name, facts in golden.items():
            self.assertEqual(facts, documented[name], name)

    def test_the_golden_file_is_not_empty(self):
        self.assertGreater(len(self.golden()), 25)


class ReliabilityDocsTest(unittest.TestCase):
    """docs/reliability.md and the tests name the same rows."""

    ROWS = [*(f"H-{number:02}" for number in range(1, 16)),
            *(f"W-{number:02}" for number in range(1, 6)), "W-07", "W-08",
            *(f"S-{number:02}" for number in range(1, 10)), "S-13", "S-15", "S-16", "S-17", "S-18"]

    def documented(self):
        rows = re.findall(r"^\| ([HWS]-\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
                          (ROOT / "docs/reliability.md").read_text(), re.M)
        return {row: re.findall(r"`([\w/.]+)`(?:: `(\w+)`)?", tests)
                for row, _, _, tests in rows}

    def test_every_row_is_there(self):
        self.assertEqual(list(self.documented()), self.ROWS)

    def test_every_row_has_its_tests(self):
        for row, tests in self.documented().items():
            self.assertTrue(tests, row)
            for file, name in tests:
                text = (ROOT / file).read_text()
                # Named after the row, or by a name that the page gives.
                wanted = rf"\b{name}\b" if name else f"def test_{row.lower().replace('-', '_')}_"
                self.assertRegex(text, wanted, f"{row}: {file}")
                if file.startswith("tests/e2e/"):
                    name = pathlib.Path(file).stem.removesuffix("_test")
                    self.assertRegex((ROOT / "tests/e2e/CMakeLists.txt").read_text(),
                                     rf"\b{name}\b", file)

    def test_every_test_of_a_row_is_listed(self):
        documented = self.documented()
        for path in (ROOT / "tests/e2e").glob("*_test.py"):
            for letter, number in set(re.findall(r"def test_([hws])_(\d+)_", path.read_text())):
                files = [file for file, _ in documented[f"{letter.upper()}-{number}"]]
                self.assertIn(str(path.relative_to(ROOT)), files)


if __name__ == "__main__":
    unittest.main()
