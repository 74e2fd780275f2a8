// Checks with Google's official client that the provider emulator answers as
// Gemini does. How to run it: openai_client_test.mjs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ApiError, GoogleGenAI } from "@google/genai";

import { testRecordedRequests } from "./capture.mjs";
import {
  collect, KEY, origin, plain, PROMPT, recordedEvents, runTests, testRecordedAnswers,
  thrownBy,
} from "./replay.mjs";

const MODEL = "some-model-1";
const QUESTION = { model: MODEL, contents: PROMPT, config: { maxOutputTokens: 1 } };

// It retries only when told to.
function client(provider = "gemini", httpOptions = {}) {
  return new GoogleGenAI({
    apiKey: KEY, httpOptions: { baseUrl: `${origin}/${provider}`, ...httpOptions },
  });
}

async function streamAnswer(used) {
  return collect(await used.models.generateContentStream(QUESTION));
}

const CALLS = {
  chat: () => client().models.generateContent(QUESTION),
  "chat-stream": () => streamAnswer(client()),
  models: async () => collect(await client().models.list()),
};

// Without what the client adds about the transport.
function answered(answer) {
  const { sdkHttpResponse: _, ...rest } = plain(answer);
  return rest;
}

function checkRecorded(recorded, answer) {
  if (recorded.kind === "chat-stream") {
    assert.deepEqual(answer.map(answered), recordedEvents(recorded));
  } else if (recorded.kind === "models") {
    assert.deepEqual(answer.map((model) => model.name),
      recorded.body.models.map((model) => model.name));
    assert.equal(answer[0].outputTokenLimit, recorded.body.models[0].outputTokenLimit);
  } else {
    assert.deepEqual(answered(answer), recorded.body);
    const parts = recorded.body.candidates?.[0].content?.parts;
    assert.equal(answer.text, parts?.[0].text);
  }
}

async function callRecorded({ kind, path, body }, baseUrl) {
  const { models } = new GoogleGenAI({ apiKey: "gemini-test-key", httpOptions: { baseUrl } });
  if (kind === "models") return collect(await models.list());
  const question = {
    model: path.match(/models\/(.*):/)[1],
    contents: PROMPT,
    config: body.generationConfig,
  };
  return kind === "chat-stream" ? models.generateContentStream(question)
    : models.generateContent(question);
}

await runTests(import.meta.url, () => {
  describe("healthy", () => {
    for (const provider of ["gemini", "acme"]) {
      test(`${provider} answers`, async () => {
        const answer = await client(provider).models.generateContent(QUESTION);
        assert.equal(answer.text, "pong");
        assert.equal(answer.modelVersion, MODEL);
        assert.ok(answer.usageMetadata.promptTokenCount > 0);
      });

      test(`${provider} streams`, async () => {
        const chunks = await streamAnswer(client(provider));
        assert.equal(chunks.map((chunk) => chunk.text).join(""), "pong");
        assert.ok(chunks.every((chunk) => chunk.modelVersion === MODEL));
        assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
        assert.ok(chunks.at(-1).usageMetadata.totalTokenCount > 0);
      });
    }

    test("counts tokens", async () => {
      const counted = await client().models.countTokens({ model: MODEL, contents: PROMPT });
      assert.ok(counted.totalTokens > 0);
    });

    test("lists models and shows one", async () => {
      assert.notEqual((await collect(await client().models.list())).length, 0);
      assert.equal((await client().models.get({ model: MODEL })).name, `models/${MODEL}`);
    });
  });

  describe("mistakes", () => {
    test("a call without a key", async () => {
      // A header that is given is not overwritten with the key.
      const error = await thrownBy(() => client("gemini", { headers: { "x-goog-api-key": "" } })
        .models.generateContent(QUESTION));
      assert.equal(error?.constructor, ApiError, error?.stack);
      assert.equal(error.status, 403);
      assert.match(error.message, /unregistered callers/);
    });

    test("a version that there is not", async () => {
      const error = await thrownBy(() => client("gemini", { apiVersion: "v9" })
        .models.generateContent(QUESTION));
      assert.equal(error?.constructor, ApiError, error?.stack);
      assert.equal(error.status, 404);
    });
  });

  testRecordedAnswers("@google/genai",
    { calls: CALLS, errors: { ApiError, Error }, check: checkRecorded });
  testRecordedRequests("@google/genai", callRecorded);
});
