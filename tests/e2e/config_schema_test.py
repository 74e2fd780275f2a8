"""heyhi.schema.json accepts what the exporter accepts in its usual form, and knows its words."""

import json
import os
import pathlib
import unittest

import jsonschema
import yaml

from programs import run_exporter

SOURCE = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"])
SCHEMA = json.loads((SOURCE / "heyhi.schema.json").read_text())


class TextLoader(yaml.SafeLoader):
    """As editors and the exporter read: a date is a text."""


TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def refusals(text):
    validator = jsonschema.Draft7Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(yaml.load(text, TextLoader))]


KEY = {"OPENAI_API_KEY": "sk-test"}


def exporter_accepts(text):
    return run_exporter("--config.check", config=text, environment=KEY)[0] == 0


def config_with(option, value):
    return f"providers: [{{name: openai, {option}: {json.dumps(value)}}}]\n"


class ConfigSchemaTest(unittest.TestCase):
    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_the_example_is_accepted(self):
        self.assertEqual(refusals((SOURCE / "heyhi.example.yml").read_text()), [])

    def test_what_the_exporter_prints_is_accepted(self):
        code, printed, _ = run_exporter(
            "--config.print", config="providers: [{name: openai, checks: [chat, stream]}]\n",
            environment=KEY)
        self.assertEqual(code, 0)
        self.assertEqual(refusals(printed), [])
        self.assertNotIn("sk-test", printed)

    def test_each_word_that_it_offers_is_a_word_of_the_exporter(self):
        for name, schema in SCHEMA["definitions"].items():
            words = schema.get("enum") or schema.get("items", {}).get("enum", [])
            for word in words:
                option = name.removeprefix("option_")
                value = [word] if schema.get("type") == "array" else word
                text = config_with(option, value)
                with self.subTest(text):
                    self.assertEqual(refusals(text), [])
                    self.assertTrue(exporter_accepts(text))

    def test_its_limits_are_those_of_the_exporter(self):
        for text in (config_with("max_tokens", 1024), config_with("api_key_env", "OPENAI_API_KEY"),
                     config_with("interval", "1m30.5s"), config_with("prompt", "x" * 4096)):
            with self.subTest(text[:80]):
                self.assertEqual(refusals(text), [])
                self.assertTrue(exporter_accepts(text))
        for text in (config_with("max_tokens", 1025), config_with("api_key_env", "sk-lower"),
                     config_with("interval", "2 minutes"), config_with("prompt", "x" * 4097),
                     config_with("intervall", "2m"), config_with("checks", []),
                     config_with("serves_production", "yes"), config_with("dialect", "smtp"),
                     "provider: []\n", "providers: []\n", "providers: [{models: [m]}]\n",
                     "region: a b\nproviders: [{name: openai}]\n",
                     "network: {canaries: [a.example:443]}\nproviders: [{name: openai}]\n",
                     "maintenance: [{from: '22:00'}]\nproviders: [{name: openai}]\n"):
            with self.subTest(text[:80]):
                self.assertNotEqual(refusals(text), [])
                self.assertFalse(exporter_accepts(text))


if __name__ == "__main__":
    unittest.main()
