// Checks with Cohere's official client that the provider emulator answers as
// Cohere does. How to run it: openai_client_test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Cohere, CohereClientV2, CohereError } from "cohere-ai";

import { testRecordedRequests } from "./capture.mjs";
import {
  camelCased, collect, KEY, origin, plain, PROMPT, recordedEvents, runTests, testRecordedAnswers,
  thrownBy,
} from "./replay.mjs";

const QUESTION = {
  model: "some-model-1", maxTokens: 1, messages: [{ role: "user", content: PROMPT }],
};

function client(provider = "cohere", options = {}) {
  return new CohereClientV2({
    token: KEY, environment: `${origin}/${provider}`, maxRetries: 0, ...options,
  });
}

async function streamChat(used) {
  return collect(await used.chatStream(QUESTION));
}

const CALLS = {
  chat: () => client().chat(QUESTION),
  "chat-stream": () => streamChat(client()),
  models: () => client().models.list(),
};

function checkRecorded(recorded, answer) {
  // The client leaves some members of streamed events as they are.
  assert.deepEqual(camelCased(plain(answer)), camelCased(
    recorded.kind === "chat-stream" ? recordedEvents(recorded) : recorded.body));
}

async function callRecorded({ kind, body }, environment) {
  const used = new CohereClientV2({ token: "cohere-test-key", environment, maxRetries: 0 });
  if (kind === "models") return used.models.list();
  const { stream: _, ...question } = camelCased(body);
  return kind === "chat-stream" ? collect(await used.chatStream(question)) : used.chat(question);
}

await runTests(import.meta.url, () => {
  describe("healthy", () => {
    for (const provider of ["cohere", "acme"]) {
      test(`${provider} answers a chat`, async () => {
        const answer = await client(provider).chat(QUESTION);
        assert.equal(answer.message.content[0].text, "pong");
        assert.ok(answer.usage.billedUnits.inputTokens > 0);
      });

      test(`${provider} streams a chat`, async () => {
        const events = await streamChat(client(provider));
        const delta = events.find((event) => event.type === "content-delta");
        assert.equal(delta.delta.message.content.text, "pong");
        assert.equal(events.at(-1).type, "message-end");
        assert.ok(events.at(-1).delta.usage.tokens.inputTokens > 0);
      });
    }

    test("lists models and shows one", async () => {
      assert.notEqual((await client().models.list()).models.length, 0);
      assert.equal((await client().models.get(QUESTION.model)).name, QUESTION.model);
    });
  });

  describe("mistakes", () => {
    test("a call without a key", async () => {
      const error = await thrownBy(() => client("cohere", { token: "" }).chat(QUESTION));
      assert.equal(error?.constructor, Cohere.UnauthorizedError, error?.stack);
      assert.equal(error.body.message, "no api key supplied");
    });

    test("no model", async () => {
      const error = await thrownBy(() => client().chat({ ...QUESTION, model: "" }));
      assert.equal(error?.constructor, Cohere.BadRequestError, error?.stack);
    });
  });

  testRecordedAnswers("cohere-ai",
    { calls: CALLS, errors: { ...Cohere, CohereError }, check: checkRecorded });
  testRecordedRequests("cohere-ai", callRecorded);
});
