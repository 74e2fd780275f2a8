#!/usr/bin/env python3
"""Writes the recorded answers and the example files as first inputs of the fuzz targets.

usage: seeds.py TESTDATA CORPUS    (makes CORPUS/<target>/<provider>-<case>)
"""
import json
import pathlib
import sys

# The place of each provider's rules in error_rules_fuzzer.cc.
RULES = {"openai": 0, "deepseek": 0, "groq": 0, "openrouter": 0, "xai": 1, "mistral": 2,
         "azure_openai": 3, "bedrock": 4, "anthropic": 5, "gemini": 6, "cohere": 7}
DIALECTS = {"anthropic": "anthropic_messages", "gemini": "gemini_generate",
            "cohere": "cohere_chat"}


def body_of(case):
    if case.get("body_text") is not None:
        return case["body_text"].encode()
    return json.dumps(case["body"]).encode()


def seeds_of(provider, case):
    """Yields (target, bytes) for one recorded answer."""
    body = body_of(case)
    dialect = DIALECTS.get(provider, "openai_chat")
    if case["kind"].startswith("responses"):
        dialect = "openai_responses"
    yield f"{dialect}_fuzzer", b"\x07" + body
    yield "support_sample_fuzzer", b"\x80" + body
    if case["kind"].endswith("stream"):
        yield "sse_parser_fuzzer", b"\x07" + body
    if case["status"] >= 300:
        html = "text/html" in case["headers"].get("content-type", "")
        choices = 1 | (4 if html else 0)
        status = (case["status"] - 300).to_bytes(2, "big")
        yield "error_rules_fuzzer", bytes([RULES[provider], choices]) + status + body


# Files at the top of the project, and texts.
EXAMPLES = {"config_fuzzer": ["heyhi.example.yml"], "web_config_fuzzer": ["web.example.yml"]}
TEXTS = {"request_target_fuzzer": ["/probe?target=openai%2Fgpt-6-luna&debug=true", "/a+b?c+d=%2B",
                                   "/%00", "/%"]}


def write(folder, name, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main():
    testdata, corpus = map(pathlib.Path, sys.argv[1:])
    for target, files in EXAMPLES.items():
        for file in files:
            write(corpus / target, file, (testdata.parents[1] / file).read_bytes())
    for target, texts in TEXTS.items():
        for number, text in enumerate(texts):
            write(corpus / target, str(number), text.encode())
    for path in sorted(testdata.glob("*/*.json")):
        case = json.loads(path.read_text())
        if "case" in case:
            provider = path.parent.name
            for target, data in seeds_of(provider, case):
                write(corpus / target, f"{provider}-{path.stem}", data)


if __name__ == "__main__":
    main()
