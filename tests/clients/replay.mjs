// What the tests of the official clients share: a process that trusts the
// emulator, its admin endpoint, and the recorded answers replayed to a client.
// Needs HEYHI_BIN_DIR and HEYHI_TESTDATA, as emulator.mjs does.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startEmulator } from "./emulator.mjs";

const ADDRESS_VARIABLE = "HEYHI_EMULATOR_ADDRESS";

// "https://127.0.0.1:PORT" of the running emulator.
export const origin = `https://${process.env[ADDRESS_VARIABLE]}`;

export const KEY = "test-key-of-nobody";
export const PROMPT = "ping";

// The exact version of each installed client, by package.
export const installed = JSON.parse(
  readFileSync(new URL("package.json", import.meta.url), "utf8")).dependencies;

// Only what the tests need: the clients read keys, addresses and headers from
// the environment.
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) =>
    ["PATH", "HOME", "TMPDIR"].includes(name) || name.startsWith("HEYHI_") ||
    name.endsWith("SAN_OPTIONS")));
}

async function runTrusting(file, emulator) {
  const child = spawn(process.execPath, [file], {
    stdio: "inherit",
    env: {
      ...cleanEnvironment(),
      NODE_EXTRA_CA_CERTS: emulator.caFile,
      [ADDRESS_VARIABLE]: emulator.https,
    },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

// Runs the tests that `define` defines in the file at `url` (its import.meta.url)
// against an emulator. Node reads the certificates to trust when it starts: the
// first process starts the emulator and runs the file again, trusting its CA.
export async function runTests(url, define) {
  if (process.env[ADDRESS_VARIABLE]) {
    beforeEach(() => admin("DELETE", "faults"));
    after(() => admin("DELETE", "faults"));
    define();
    return;
  }
  const emulator = await startEmulator();
  let code = 1;
  let stopCode;
  try {
    code = await runTrusting(fileURLToPath(url), emulator);
  } finally {
    stopCode = await emulator.stop();
  }
  if (stopCode !== 0) console.error(`heyhitool ended with ${stopCode}, expected 0`);
  process.exitCode = code || (stopCode === 0 ? 0 : 1);
}

export async function admin(method, path, body) {
  const response = await fetch(`${origin}/admin/${path}`,
    { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

// The error that `run` throws; undefined where it returns.
export async function thrownBy(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

// What a typed answer holds, without classes and undefined members.
export function plain(answer) {
  return JSON.parse(JSON.stringify(answer));
}

// The JSON of a recorded answer; its text where it is none.
export function recordedJson({ body, body_text: text }) {
  if (body !== null) return body;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// The JSON of each event of a recorded stream, without the final [DONE].
export function recordedEvents({ body_text: text }) {
  return text.split("\n")
    .filter((line) => line.startsWith("data: ") && line !== "data: [DONE]")
    .map((line) => JSON.parse(line.slice("data: ".length)));
}

// `value` with its members named as clients name them that rename: maxTokens.
export function camelCased(value) {
  if (Array.isArray(value)) return value.map(camelCased);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) =>
    [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), camelCased(member)]));
}

// `value` without the members that `pattern` lacks: clients add defaults.
export function narrowed(value, pattern) {
  if (Array.isArray(pattern)) return value.map((item, i) => narrowed(item, pattern[i]));
  if (pattern === null || typeof pattern !== "object") return value;
  return Object.fromEntries(Object.keys(pattern).filter((name) => name in value)
    .map((name) => [name, narrowed(value[name], pattern[name])]));
}

function readJsonFiles(folder) {
  const directory = join(process.env.HEYHI_TESTDATA, folder);
  return readdirSync(directory).filter((file) => file.endsWith(".json")).sort()
    .map((file) => JSON.parse(readFileSync(join(directory, file), "utf8")));
}

function readCases() {
  const root = process.env.HEYHI_TESTDATA;
  return readdirSync(root).sort()
    .filter((folder) => statSync(join(root, folder)).isDirectory())
    .flatMap(readJsonFiles)
    .filter((recorded) => recorded.case !== undefined);
}

// The recorded requests that the client sent.
export function recordedRequests(client) {
  return readJsonFiles("requests")
    .filter((recorded) => recorded.captured_from.startsWith(`${client}@`));
}

async function replay(recorded, { calls, errors, check }) {
  const { provider, case: name, kind, official_client: expected } = recorded;
  await admin("POST", "faults", { provider, case: `${provider}/${name}` });
  let answer;
  const error = await thrownBy(async () => {
    answer = await calls[kind](provider);
  });
  const [fault] = await admin("GET", "faults");
  assert.equal(fault.struck, 1, "one call is one request: no retries");
  assert.equal(error === undefined ? "returned" : "threw", expected.outcome, error?.stack);
  assert.equal(error?.constructor.name ?? null, expected.class, error?.stack);
  if (error === undefined) {
    check(recorded, answer);
  } else {
    assert.ok(error instanceof errors[expected.class], error.stack);
  }
}

// Defines a test for each recorded answer whose outcome with this client is
// known. `calls` makes the call of a kind at a provider and resolves to the
// answer (a list of events for a stream); `errors` holds the classes that the
// client exports; `check` compares an answer with the recording.
export function testRecordedAnswers(client, { calls, errors, check }) {
  const all = readCases();
  const cases = all.filter((recorded) => recorded.official_client?.package === client);

  describe("recorded answers", () => {
    test("are there, and each names its client", () => {
      assert.ok(cases.length > 0);
      for (const { provider, case: name, official_client: known } of all) {
        assert.notEqual(known, undefined, `${provider}/${name} lacks official_client`);
        if (known !== null) assert.equal(known.version, installed[known.package], name);
      }
    });
    for (const recorded of cases) {
      const { provider, case: name, kind, official_client: expected } = recorded;
      test(`${provider}/${name} (${kind}) ${expected.outcome} ${expected.class ?? ""}`,
        () => replay(recorded, { calls, errors, check }));
    }
  });
}
