"""README's tables of flags and paths are those of the program."""

import os
import pathlib
import re
import subprocess
import unittest

from programs import BIN, Exporter

SOURCE = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"])
README = (SOURCE / "README.md").read_text()
CONFIG = "network: {canaries: []}\nproviders: [{name: local, base_url: 'http://127.0.0.1:9', models: [m]}]\n"


class ReadmeTest(unittest.TestCase):
    def test_every_flag_is_there_with_its_default(self):
        help_text = subprocess.run([BIN / "heyhi-exporter", "--help"], capture_output=True,
                                   text=True, check=True).stdout
        declared = dict(re.findall(r"^  --(?:\[no-\])?([\w.-]+)(?:=(\S+))?", help_text, re.M))
        rows = re.findall(r"^\| (`--.*?) \|(.*?)\|", README, re.M)
        listed = {name: default.strip(" `") for flags, default in rows
                  for name in re.findall(r"`--([\w.-]+)`", flags)}
        self.assertEqual(listed.keys(), declared.keys())
        for name, default in listed.items():
            if default not in ("", "none"):
                self.assertIn(default, help_text, name)

    def test_every_path_is_there_and_answers(self):
        rows = re.findall(r"^\| `(?:(\w+) )?(/[^?`]*)[^`]*` \|", README, re.M)
        listed = {path: method or "GET" for method, path in rows}
        source = (SOURCE / "exporter/web_routes.cc").read_text()
        routed = set(re.findall(r'(?:\{|== )"(/[^"]*)"', source)) - {"/landing.css"}
        self.assertEqual(set(listed), routed)
        exporter = Exporter(CONFIG, flags=["--web.enable-lifecycle"])
        self.addCleanup(exporter.stop)
        for path, method in listed.items():
            with self.subTest(path):
                status, _ = exporter.ask(path, method)
                self.assertIn(status, (200, 400, 503))  # no target named, not ready yet


if __name__ == "__main__":
    unittest.main()
