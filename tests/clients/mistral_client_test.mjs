// Checks with Mistral's official client that the provider emulator answers as
// Mistral does. How to run it: openai_client_test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Mistral } from "@mistralai/mistralai";
import * as errors from "@mistralai/mistralai/models/errors";
import { ZodError } from "zod/v4";

import { testRecordedRequests } from "./capture.mjs";
import {
  camelCased, collect, KEY, narrowed, origin, plain, PROMPT, recordedEvents, runTests,
  testRecordedAnswers, thrownBy,
} from "./replay.mjs";

const QUESTION = {
  model: "some-model-1", maxTokens: 1, messages: [{ role: "user", content: PROMPT }],
};

// It retries only when told to.
function client({ path = "/mistral", ...options } = {}) {
  return new Mistral({ apiKey: KEY, serverURL: origin + path, ...options });
}

async function streamChat(used) {
  return (await collect(await used.chat.stream(QUESTION))).map((event) => event.data);
}

const CALLS = {
  chat: () => client().chat.complete(QUESTION),
  "chat-stream": () => streamChat(client()),
  models: () => client().models.list(),
};

function checkRecorded(recorded, answer) {
  const expected = camelCased(
    recorded.kind === "chat-stream" ? recordedEvents(recorded) : recorded.body);
  assert.deepEqual(narrowed(plain(answer), expected), expected);
}

function callRecorded({ kind, body }, serverURL) {
  const used = new Mistral({ apiKey: "mistral-test-key", serverURL });
  if (kind === "models") return used.models.list();
  const { stream: _, ...question } = camelCased(body);
  return kind === "chat-stream" ? used.chat.stream(question) : used.chat.complete(question);
}

await runTests(import.meta.url, () => {
  describe("healthy", () => {
    test("answers a chat", async () => {
      const answer = await client().chat.complete(QUESTION);
      assert.notEqual(answer.choices[0].message.content, "");
      assert.equal(answer.model, QUESTION.model);
      assert.ok(answer.usage.totalTokens > 0);
    });

    test("streams a chat", async () => {
      const chunks = await streamChat(client());
      assert.notEqual(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), "");
      assert.ok(chunks.every((chunk) => chunk.model === QUESTION.model));
      assert.ok(chunks.some((chunk) => chunk.usage?.totalTokens > 0));
    });

    test("lists models and shows one", async () => {
      assert.notEqual((await client().models.list()).data.length, 0);
      assert.equal((await client().models.retrieve({ modelId: QUESTION.model })).id,
        QUESTION.model);
    });
  });

  describe("mistakes", () => {
    test("a call without a key", async () => {
      const error = await thrownBy(() => client({ apiKey: "" }).chat.complete(QUESTION));
      assert.equal(error?.constructor, errors.SDKError, error?.stack);
      assert.equal(error.statusCode, 401);
    });

    test("a path that there is not", async () => {
      const error = await thrownBy(() => client({ path: "/mistral/v9" }).chat.complete(QUESTION));
      assert.equal(error?.constructor, errors.SDKError, error?.stack);
      assert.equal(error.statusCode, 404);
    });
  });

  testRecordedAnswers("@mistralai/mistralai",
    { calls: CALLS, errors: { ...errors, ZodError }, check: checkRecorded });
  testRecordedRequests("@mistralai/mistralai", callRecorded);
});
