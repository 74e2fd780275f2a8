// Checks with OpenAI's official client that the provider emulator answers as the
// providers do: over HTTPS, with the client's own certificate verification.
//
//   HEYHI_BIN_DIR=build/dev/bin HEYHI_TESTDATA=tests/testdata node openai_client_test.mjs
//
// Node reads the certificates to trust when it starts. So the first process
// starts the emulator and runs this file again, trusting the emulator's CA.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";

import OpenAI from "openai";

import { startEmulator } from "./emulator.mjs";

const ADDRESS_VARIABLE = "HEYHI_EMULATOR_ADDRESS";
const MODEL = "some-vendor/some-model-1";
const MESSAGES = [{ role: "user", content: "ping" }];
const BASE_PATHS = {
  openai: "/openai/v1",
  mistral: "/mistral/v1",
  xai: "/xai/v1",
  deepseek: "/deepseek",
  groq: "/groq/openai/v1",
  openrouter: "/openrouter/api/v1",
};

async function runTrusting(emulator) {
  const environment = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: emulator.caFile,
    [ADDRESS_VARIABLE]: emulator.https,
  };
  delete environment.NODE_TEST_CONTEXT; // set by `node --test`; would change the output
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)],
    { stdio: "inherit", env: environment });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function runWithEmulator() {
  const emulator = await startEmulator();
  let code = 1;
  let stopCode;
  try {
    code = await runTrusting(emulator);
  } finally {
    stopCode = await emulator.stop();
  }
  if (stopCode !== 0) console.error(`heyhitool ended with ${stopCode}, expected 0`);
  process.exitCode = code || (stopCode === 0 ? 0 : 1);
}

const origin = `https://${process.env[ADDRESS_VARIABLE]}`;

function client(provider, options = {}) {
  return new OpenAI({
    apiKey: "test-key-of-nobody",
    baseURL: origin + BASE_PATHS[provider],
    maxRetries: 0,
    ...options,
  });
}

async function admin(method, path, body) {
  const response = await fetch(`${origin}/admin/${path}`,
    { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

function chat(provider, options) {
  return client(provider, options).chat.completions.create({ model: MODEL, messages: MESSAGES });
}

async function streamedChunks(provider) {
  const stream = await client(provider).chat.completions.create(
    { model: MODEL, messages: MESSAGES, stream: true, stream_options: { include_usage: true } });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function getTrusting(ca) {
  return new Promise((resolve, reject) => {
    get(`${origin}/admin/cases`, { ca }, resolve).once("error", reject);
  });
}

// The recorded chat answers whose outcome with this client is known.
function recordedChatCases() {
  const root = process.env.HEYHI_TESTDATA;
  return readdirSync(root)
    .filter((folder) => statSync(join(root, folder)).isDirectory())
    .flatMap((folder) => readdirSync(join(root, folder))
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(readFileSync(join(root, folder, file), "utf8"))))
    .filter((recorded) => recorded.official_client?.package === "openai")
    .filter((recorded) => ["chat", "chat-stream"].includes(recorded.kind));
}

// The error that `run` throws; undefined where it returns.
async function thrownBy(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function defineTests() {
  beforeEach(() => admin("DELETE", "faults"));
  after(() => admin("DELETE", "faults"));

  describe("healthy", () => {
    for (const provider of Object.keys(BASE_PATHS)) {
      test(`${provider} answers a chat`, async () => {
        const answer = await chat(provider);
        assert.equal(typeof answer.choices[0].message.content, "string");
        assert.notEqual(answer.choices[0].message.content, "");
        assert.ok(answer.usage.total_tokens > 0);
        assert.equal(answer.model, MODEL);
      });

      test(`${provider} streams a chat`, async () => {
        const chunks = await streamedChunks(provider);
        const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
        assert.notEqual(text, "");
        assert.ok(chunks.every((chunk) => chunk.model === MODEL));
        assert.ok(chunks.some((chunk) => chunk.usage?.total_tokens > 0));
      });

      test(`${provider} lists models`, async () => {
        const models = [];
        for await (const model of client(provider).models.list()) models.push(model.id);
        assert.ok(models.length > 0);
      });

      test(`${provider} refuses a call without a key`, async () => {
        const response = await fetch(`${origin}${BASE_PATHS[provider]}/chat/completions`,
          { method: "POST", body: JSON.stringify({ model: MODEL, messages: MESSAGES }) });
        assert.equal(response.status, 401);
      });
    }

    test("a custom provider answers a chat", async () => {
      const answer = await chat("openai", { baseURL: `${origin}/acme/v1` });
      assert.equal(answer.model, MODEL);
    });
  });

  describe("recorded", () => {
    const cases = recordedChatCases();
    test("cases are there", () => assert.ok(cases.length > 0));
    for (const { provider, case: name, kind, official_client: expected } of cases) {
      test(`${provider}/${name} ${expected.outcome} ${expected.class ?? ""}`, async () => {
        await admin("POST", "faults", { provider, case: `${provider}/${name}` });
        const run = kind === "chat" ? chat : streamedChunks;
        const error = await thrownBy(() => run(provider));
        assert.equal(error === undefined ? "returned" : "threw", expected.outcome, error?.stack);
        assert.equal(error?.constructor.name ?? null, expected.class, error?.stack);
        if (OpenAI[expected.class]) assert.equal(error.constructor, OpenAI[expected.class]);
      });
    }
  });

  describe("transport", () => {
    test("a reset is a connection error", async () => {
      await admin("POST", "faults", { action: "reset" });
      const error = await thrownBy(() => chat("openai"));
      assert.equal(error?.constructor, OpenAI.APIConnectionError, error?.stack);
    });

    test("a stall is a timeout", async () => {
      await admin("POST", "faults", { action: "stall" });
      const error = await thrownBy(() => chat("openai", { timeout: 500 }));
      assert.equal(error?.constructor, OpenAI.APIConnectionTimeoutError, error?.stack);
    });

    test("a cut body is an error", async () => {
      await admin("POST", "faults", { action: "truncate" });
      assert.ok((await thrownBy(() => chat("openai"))) instanceof Error);
    });

    test("without the emulator's CA nobody connects", async () => {
      const error = await thrownBy(() => getTrusting(rootCertificates));
      assert.equal(error?.code, "SELF_SIGNED_CERT_IN_CHAIN", error?.stack);
    });
  });

  test("the emulator saw the calls but keeps no key", async () => {
    await chat("openai");
    const seen = await admin("GET", "requests");
    assert.ok(seen.openai.models[MODEL] > 0);
    assert.ok(seen.openai.last.header_names.includes("authorization"));
    assert.deepEqual(seen.openai.last.body.messages, MESSAGES);
    assert.ok(!JSON.stringify(seen).includes("test-key-of-nobody"));
  });
}

if (process.env[ADDRESS_VARIABLE]) {
  defineTests();
} else {
  await runWithEmulator();
}
