// Checks with Anthropic's official client that the provider emulator answers as
// Anthropic does. How to run it: openai_client_test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import Anthropic, * as exported from "@anthropic-ai/sdk";

import { testRecordedRequests } from "./capture.mjs";
import {
  collect, KEY, origin, plain, PROMPT, recordedEvents, runTests, testRecordedAnswers, thrownBy,
} from "./replay.mjs";

const MODEL = "some-model-1";
const MESSAGE = {
  model: MODEL, max_tokens: 1, messages: [{ role: "user", content: PROMPT }],
};

function client(provider = "anthropic", options = {}) {
  return new Anthropic({
    apiKey: KEY, baseURL: `${origin}/${provider}`, maxRetries: 0, ...options,
  });
}

async function streamMessage(used) {
  return collect(await used.messages.create({ ...MESSAGE, stream: true }));
}

const CALLS = {
  chat: () => client().messages.create(MESSAGE),
  "chat-stream": () => streamMessage(client()),
  models: () => collect(client().models.list()),
};

function checkRecorded(recorded, answer) {
  if (recorded.kind === "chat-stream") {
    // The client keeps pings to itself.
    assert.deepEqual(plain(answer),
      recordedEvents(recorded).filter((event) => event.type !== "ping"));
  } else if (recorded.kind === "models") {
    assert.deepEqual(plain(answer), recorded.body.data);
  } else {
    assert.deepEqual(plain(answer), recorded.body);
  }
}

function callRecorded({ kind, body }, baseURL) {
  const key = kind === "chat-bearer" ? { apiKey: null, authToken: "anthropic-oauth-token" }
    : { apiKey: "anthropic-test-key" };
  const used = new Anthropic({ ...key, baseURL, maxRetries: 0 });
  return kind === "models" ? collect(used.models.list()) : used.messages.create(body);
}

function testHealthy() {
  describe("healthy", () => {
    for (const provider of ["anthropic", "acme"]) {
      test(`${provider} answers a message`, async () => {
        const answer = await client(provider).messages.create(MESSAGE);
        assert.notEqual(answer.content[0].text, "");
        assert.equal(answer.model, MODEL);
        assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
      });

      test(`${provider} streams a message`, async () => {
        const events = await streamMessage(client(provider));
        assert.equal(events[0].message.model, MODEL);
        const find = (type) => events.find((event) => event.type === type);
        assert.notEqual(find("content_block_delta").delta.text, "");
        assert.ok(find("message_delta").usage.output_tokens > 0);
        assert.equal(events.at(-1).type, "message_stop");
      });
    }

    test("the helper that gathers a stream finds the message whole", async () => {
      const message = await client().messages.stream(MESSAGE).finalMessage();
      assert.equal(message.model, MODEL);
      assert.notEqual(message.content[0].text, "");
    });

    test("counts tokens", async () => {
      const { max_tokens: _, ...counted } = MESSAGE;
      assert.ok((await client().messages.countTokens(counted)).input_tokens > 0);
    });

    test("lists models and shows one", async () => {
      assert.notEqual((await collect(client().models.list())).length, 0);
      assert.equal((await client().models.retrieve(MODEL)).id, MODEL);
    });

    test("takes the key in the header x-api-key too", async () => {
      const used = client("anthropic",
        { defaultHeaders: { Authorization: null, "x-api-key": KEY } });
      assert.equal((await used.messages.create(MESSAGE)).model, MODEL);
    });
  });
}

function testMistakes() {
  describe("mistakes", () => {
    test("a call without a key", async () => {
      const used = client("anthropic", { defaultHeaders: { Authorization: null } });
      const error = await thrownBy(() => used.messages.create(MESSAGE));
      assert.equal(error?.constructor, Anthropic.AuthenticationError, error?.stack);
    });

    const bad = {
      "no max_tokens": [{ ...MESSAGE, max_tokens: undefined }, {}, /max_tokens: Field required/],
      "no version": [MESSAGE, { "anthropic-version": null }, /version: header is required/],
      "a sampling parameter": [{ ...MESSAGE, temperature: 1 }, {}, /temperature: Extra inputs/],
    };
    for (const [name, [body, headers, message]] of Object.entries(bad)) {
      test(name, async () => {
        const used = client("anthropic", { defaultHeaders: headers });
        const error = await thrownBy(() => used.messages.create(body));
        assert.equal(error?.constructor, Anthropic.BadRequestError, error?.stack);
        assert.match(error.message, message);
      });
    }
  });
}

const OLD = "sent by @anthropic-ai/sdk 0.137.0, the last with the old version and header";

await runTests(import.meta.url, () => {
  testHealthy();
  testMistakes();
  testRecordedAnswers("@anthropic-ai/sdk",
    { calls: CALLS, errors: { ...Anthropic, ...exported }, check: checkRecorded });
  testRecordedRequests("@anthropic-ai/sdk", callRecorded, {
    "anthropic-chat-2023-06-01": OLD,
    "anthropic-chat-stream-2023-06-01": OLD,
    "anthropic-models-2023-06-01": OLD,
  });
});
