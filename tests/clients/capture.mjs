// Compares the requests that an official client sends with the recorded ones.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";

import { installed, recordedRequests, thrownBy } from "./replay.mjs";

// A server that keeps what it was sent and answers all with an empty 500.
async function startCapture() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const url = new URL(request.url, "http://localhost");
    requests.push({
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      raw_body: parts.length > 0 ? Buffer.concat(parts).toString() : null,
    });
    response.writeHead(500, { connection: "close" }).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    take: () => requests.splice(0),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

function checkRequest(sent, recorded) {
  const noise = recorded.noise.map((header) => header.slice(0, header.indexOf(":")));
  const told = Object.entries(sent.headers).filter(([name]) => !noise.includes(name));
  assert.deepEqual({ ...sent, headers: Object.fromEntries(told) }, {
    method: recorded.method,
    path: recorded.path,
    query: recorded.query,
    headers: recorded.headers,
    raw_body: recorded.raw_body,
  });
}

// Defines a test for each recorded request of this client. `call(recorded, origin)`
// makes the call again, with retries off. `others` gives the reason for each
// request that it cannot make, by "provider-kind".
export function testRecordedRequests(client, call, others = {}) {
  const requests = recordedRequests(client);
  const nameOf = ({ provider, kind }) => `${provider}-${kind}`;

  describe("recorded requests", () => {
    let capture;
    before(async () => { capture = await startCapture(); });
    after(() => capture.stop());

    test("are there", () => {
      assert.ok(requests.length > 0);
      for (const name of Object.keys(others)) {
        assert.ok(requests.some((recorded) => nameOf(recorded) === name), name);
      }
    });
    for (const recorded of requests) {
      const name = nameOf(recorded);
      test(name, { skip: others[name] ?? false }, async () => {
        assert.match(recorded.captured_from, new RegExp(`@${installed[client]} `));
        await thrownBy(() => call(recorded, capture.origin));
        const sent = capture.take();
        assert.equal(sent.length, 1);
        checkRequest(sent[0], recorded);
      });
    }
  });
}
