// Checks with OpenAI's official client that the provider emulator answers as the
// providers of OpenAI's shape do: over HTTPS, with the client's own certificate
// verification.
//
//   HEYHI_BIN_DIR=build/dev/bin HEYHI_TESTDATA=tests/testdata node openai_client_test.mjs

import assert from "node:assert/strict";
import { get } from "node:https";
import { describe, test } from "node:test";
import { rootCertificates } from "node:tls";

import OpenAI, { AzureOpenAI, BedrockOpenAI } from "openai";

import { testRecordedRequests } from "./capture.mjs";
import {
  admin, collect, KEY, origin, plain, PROMPT, recordedEvents, recordedJson, runTests,
  testRecordedAnswers, thrownBy,
} from "./replay.mjs";

const MODEL = "some-vendor/some-model-1";
const MESSAGES = [{ role: "user", content: PROMPT }];
const API_VERSION = "2024-10-21";
const BASE_PATHS = {
  openai: "/v1",
  mistral: "/v1",
  xai: "/v1",
  deepseek: "",
  groq: "/openai/v1",
  openrouter: "/api/v1",
  azure_openai: "/openai/v1",
  bedrock: "/openai/v1",
  gemini: "/v1beta/openai",
  acme: "/v1",
};
const MISSING_KEY_STATUS = { bedrock: 403, gemini: 403 };

function client(provider, options = {}) {
  const Client = provider === "bedrock" ? BedrockOpenAI : OpenAI;
  return new Client({
    apiKey: KEY,
    baseURL: `${origin}/${provider}${BASE_PATHS[provider]}`,
    maxRetries: 0,
    ...options,
  });
}

// Azure's older form: the deployment in the path, the key in a header of its own.
function azure(options = {}) {
  return new AzureOpenAI({
    apiKey: KEY,
    endpoint: `${origin}/azure_openai`,
    apiVersion: API_VERSION,
    maxRetries: 0,
    ...options,
  });
}

function chat(used) {
  return used.chat.completions.create({ model: MODEL, messages: MESSAGES });
}

async function streamChat(used) {
  return collect(await used.chat.completions.create(
    { model: MODEL, messages: MESSAGES, stream: true, stream_options: { include_usage: true } }));
}

function respond(used) {
  return used.responses.create({ model: MODEL, input: PROMPT, max_output_tokens: 16 });
}

async function streamResponse(used) {
  return collect(await used.responses.create(
    { model: MODEL, input: PROMPT, max_output_tokens: 16, stream: true }));
}

function checkChat(answer) {
  assert.notEqual(answer.choices[0].message.content ?? "", "");
  assert.ok(answer.usage.total_tokens > 0);
  assert.equal(answer.model, MODEL);
}

function checkChatStream(chunks) {
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.notEqual(text, "");
  assert.ok(chunks.every((chunk) => chunk.model === MODEL));
  assert.ok(chunks.some((chunk) => chunk.usage?.total_tokens > 0));
}

function checkResponse(answer) {
  assert.equal(answer.output_text, "pong");
  assert.ok(answer.usage.total_tokens > 0);
  assert.equal(answer.model, MODEL);
}

function checkResponseStream(events) {
  assert.equal(events.find((event) => event.type === "response.output_text.delta").delta, "pong");
  assert.equal(events[0].response.model, MODEL);
  assert.equal(events.at(-1).type, "response.completed");
  assert.ok(events.at(-1).response.usage.total_tokens > 0);
}

function checkRecorded(recorded, answer) {
  if (recorded.kind.endsWith("-stream")) {
    assert.deepEqual(plain(answer), recordedEvents(recorded));
  } else if (recorded.kind === "models") {
    assert.deepEqual(plain(answer), recorded.body.data);
  } else if (recorded.kind === "responses") {
    const { output_text: text, ...rest } = plain(answer);
    assert.deepEqual(rest, recorded.body);
    assert.equal(text, recorded.body.output[0].content?.[0].text ?? "");
  } else {
    assert.deepEqual(plain(answer), recordedJson(recorded));
  }
}

const CALLS = {
  chat: (provider) => chat(client(provider)),
  "chat-stream": (provider) => streamChat(client(provider)),
  responses: (provider) => respond(client(provider)),
  "responses-stream": (provider) => streamResponse(client(provider)),
  embeddings: (provider) => client(provider).embeddings.create(
    { model: MODEL, input: PROMPT, encoding_format: "float" }),
  models: (provider) => collect(client(provider).models.list()),
};

// The same call as a recorded request came from; what the client is given is what
// it sends, in this order.
function callRecorded({ provider, kind, path, body }, address) {
  const options = { apiKey: `${provider}-test-key`, maxRetries: 0 };
  const old = path.startsWith("/openai/deployments/") || path === "/openai/models";
  const base = path.replace(/\/(chat\/completions|responses|models)$/, "");
  if (old) {
    Object.assign(options, { endpoint: address, apiVersion: API_VERSION });
    options.apiKey = "azure-test-key";
  } else {
    options.baseURL = address + base;
  }
  if (provider === "azure_openai") options.apiKey = "azure-test-key";
  const Client = old ? AzureOpenAI : provider === "bedrock" ? BedrockOpenAI : OpenAI;
  const used = new Client(options);
  if (kind === "models") return collect(used.models.list());
  return kind.startsWith("responses") ? used.responses.create(body)
    : used.chat.completions.create(body);
}

function getTrusting(ca) {
  return new Promise((resolve, reject) => {
    get(`${origin}/admin/cases`, { ca }, resolve).once("error", reject);
  });
}

function testHealthyProvider(provider) {
  describe(`${provider}, healthy`, () => {
    test("answers a chat", async () => checkChat(await chat(client(provider))));
    test("streams a chat", async () => checkChatStream(await streamChat(client(provider))));
    test("gives a response", async () => checkResponse(await respond(client(provider))));
    test("streams a response", async () =>
      checkResponseStream(await streamResponse(client(provider))));

    test("embeds", async () => {
      const answer = await client(provider).embeddings.create({ model: MODEL, input: PROMPT });
      assert.ok(Math.abs(answer.data[0].embedding[0] - 0.01) < 1e-6);
      assert.equal(answer.model, MODEL);
    });

    test("lists models and shows one", async () => {
      assert.notEqual((await collect(client(provider).models.list())).length, 0);
      assert.equal((await client(provider).models.retrieve(MODEL)).id, MODEL);
    });

    test("refuses a call without a key", async () => {
      const error = await thrownBy(
        () => chat(client(provider, { defaultHeaders: { Authorization: null } })));
      assert.equal(error?.status, MISSING_KEY_STATUS[provider] ?? 401, error?.stack);
      assert.equal(error.constructor,
        error.status === 403 ? OpenAI.PermissionDeniedError : OpenAI.AuthenticationError);
    });
  });
}

function testAzure() {
  describe("azure_openai by deployment, healthy", () => {
    test("answers a chat", async () => checkChat(await chat(azure())));
    test("streams a chat", async () => checkChatStream(await streamChat(azure())));
    test("lists models", async () =>
      assert.notEqual((await collect(azure().models.list())).length, 0));

    test("refuses a call without a key", async () => {
      const error = await thrownBy(() => chat(azure({ defaultHeaders: { "api-key": null } })));
      assert.equal(error?.constructor, OpenAI.AuthenticationError, error?.stack);
    });
  });
}

function testTransport() {
  describe("transport", () => {
    test("a reset is a connection error", async () => {
      await admin("POST", "faults", { action: "reset" });
      const error = await thrownBy(() => chat(client("openai")));
      assert.equal(error?.constructor, OpenAI.APIConnectionError, error?.stack);
    });

    test("a stall is a timeout", async () => {
      await admin("POST", "faults", { action: "stall" });
      const error = await thrownBy(() => chat(client("openai", { timeout: 500 })));
      assert.equal(error?.constructor, OpenAI.APIConnectionTimeoutError, error?.stack);
    });

    test("a cut body is an error", async () => {
      await admin("POST", "faults", { action: "truncate" });
      assert.ok((await thrownBy(() => chat(client("openai")))) instanceof Error);
    });

    test("without the emulator's CA nobody connects", async () => {
      const error = await thrownBy(() => getTrusting(rootCertificates));
      assert.equal(error?.code, "SELF_SIGNED_CERT_IN_CHAIN", error?.stack);
    });
  });
}

await runTests(import.meta.url, () => {
  Object.keys(BASE_PATHS).forEach(testHealthyProvider);
  testAzure();
  testTransport();
  testRecordedAnswers("openai",
    { calls: CALLS, errors: { ...OpenAI, SyntaxError }, check: checkRecorded });
  testRecordedRequests("openai", callRecorded);

  test("fewer than 16 output tokens are refused", async () => {
    const error = await thrownBy(() => client("openai").responses.create(
      { model: MODEL, input: PROMPT, max_output_tokens: 1 }));
    assert.equal(error?.constructor, OpenAI.BadRequestError, error?.stack);
    assert.equal(error.code, "integer_below_min_value");
  });

  test("the emulator saw the calls but keeps no key", async () => {
    await chat(client("openai"));
    const seen = await admin("GET", "requests");
    assert.ok(seen.openai.models[MODEL] > 0);
    assert.ok(seen.openai.last.header_names.includes("authorization"));
    assert.deepEqual(seen.openai.last.body.messages, MESSAGES);
    assert.ok(!JSON.stringify(seen).includes(KEY));
  });
});
