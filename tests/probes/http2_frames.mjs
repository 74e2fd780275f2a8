// An HTTP/2 server that says what it likes, frame by frame: node http2_frames.mjs MODE
// KEY CHAIN. Prints its port, then "stream" for each request that it gets. Ends with
// its standard input.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [mode, key, chain] = process.argv.slice(2);

const DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PUSH_PROMISE = 5, PING = 6;
const GOAWAY = 7, WINDOW_UPDATE = 8, CONTINUATION = 9;
const INITIAL_WINDOW_SIZE = 4;
const ACK = 1, END_STREAM = 1, END_HEADERS = 4;
const NO_ERROR = 0, INTERNAL_ERROR = 2, REFUSED_STREAM = 7, CANCEL = 8, ENHANCE_YOUR_CALM = 11;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function words(...numbers) {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => bytes.writeUInt32BE(number, 4 * i));
  return bytes;
}

// HPACK: ":status: 200" from the static table; others as literals, never indexed.
const literal = (name, value) => Buffer.concat(
    [Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
const STATUS_200 = Buffer.from([0x88]);
const STATUS_103 = literal(':status', '103');
// GET https / with an authority.
const PUSHED = Buffer.concat([Buffer.from([0x82, 0x87, 0x84]), literal(':authority', '127.0.0.1')]);

const rst = (code) => frame(RST_STREAM, 0, 1, words(code));
const window = (stream, size) => frame(WINDOW_UPDATE, 0, stream, words(size));
const goaway = (lastStream, code) => frame(GOAWAY, 0, 0, words(lastStream, code));
const headers = frame(HEADERS, END_HEADERS, 1, STATUS_200);
const headers401 = frame(HEADERS, END_HEADERS, 1, literal(':status', '401'));
const half = frame(DATA, 0, 1, Buffer.from('half '));
const rest = frame(DATA, END_STREAM, 1, Buffer.from('and half'));

// Calls `then` once the client has taken in all that was written so far.
function settle(socket, then) {
  socket.write(frame(PING, 0, 0, Buffer.alloc(8)));
  socket.once('pong', then);
}

// Answers in full, and lets the client send its body after that.
function answerAndGrant(socket, head) {
  socket.write(Buffer.concat([head, half, rest]));
  settle(socket, () => socket.write(window(1, 1000)));
}

// Writes `bytes` as fast as the client reads.
function flood(socket, bytes) {
  const more = () => { while (!socket.destroyed && socket.write(bytes)); };
  socket.on('drain', more);
  more();
}

// What the server does once it has the request.
const answers = {
  answer: (s) => s.write(Buffer.concat([headers, half, rest])),
  // Before the request's body, which the client may send only now.
  early: (s) => s.write(Buffer.concat([window(1, 1000), headers, half, rest])),
  early_race: (s) => answers.answer(s),  // with the body, which may be on its way
  early_whole: (s) => answerAndGrant(s, headers),
  early_401: (s) => answerAndGrant(s, headers401),
  early_headers: (s) => {
    s.write(headers);
    settle(s, () => {
      s.write(window(1, 1000));
      settle(s, () => s.write(Buffer.concat([half, rest])));
    });
  },
  refuse: (s) => s.write(rst(REFUSED_STREAM)),
  reset_internal: (s) => s.write(rst(INTERNAL_ERROR)),
  reset_cancel: (s) => s.write(rst(CANCEL)),
  goaway_unaccepted: (s) => s.write(goaway(0, NO_ERROR)),
  goaway_unaccepted_error: (s) => s.write(goaway(0, ENHANCE_YOUR_CALM)),
  goaway_unaccepted_close: (s) => s.end(goaway(0, NO_ERROR)),
  goaway_accepted_close: (s) => s.end(goaway(1, NO_ERROR)),
  goaway_accepted_error_close: (s) => s.end(goaway(1, INTERNAL_ERROR)),
  goaway_accepted_answer: (s) => s.write(Buffer.concat([goaway(1, NO_ERROR), headers, half, rest])),
  close: (s) => s.end(),
  cut: (s) => settle(s, () => s.destroy()),  // with bytes unread it would be a reset
  body_reset_internal: (s) => {
    s.write(Buffer.concat([headers, half]));
    settle(s, () => s.write(rst(INTERNAL_ERROR)));
  },
  body_reset_cancel: (s) => {
    s.write(Buffer.concat([headers, half]));
    settle(s, () => s.write(rst(CANCEL)));
  },
  body_reset_in_one_breath: (s) => s.write(Buffer.concat([headers, half, rst(INTERNAL_ERROR)])),
  body_goaway_close: (s) => s.end(Buffer.concat([headers, half, goaway(1, INTERNAL_ERROR)])),
  body_close: (s) => s.end(Buffer.concat([headers, half])),
  settings_flood: (s) => flood(s, Buffer.concat(Array(1000).fill(frame(SETTINGS, 0, 0)))),
  push: (s) => {
    s.write(frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([words(2), PUSHED])));
    answers.answer(s);
  },
  continuation_flood: (s) => {
    s.write(frame(HEADERS, 0, 1, STATUS_200));
    flood(s, frame(CONTINUATION, 0, 1, literal('x-flood', 'x'.repeat(100))));
  },
  interim_flood: (s) => flood(s, frame(HEADERS, END_HEADERS, 1, STATUS_103)),
  body_flood: (s) => {
    s.write(headers);
    flood(s, frame(DATA, 0, 1, Buffer.alloc(1000)));
  },
  garbage: (s) => s.write(Buffer.alloc(1000, 'x')),
};

const server = createServer({
  key: readFileSync(key), cert: readFileSync(chain), ALPNProtocols: ['h2'],
}, (socket) => {
  let unread = Buffer.alloc(0);
  let prefaced = false;
  socket.on('error', () => {});
  const initialWindow = mode.startsWith('early') && mode !== 'early_race' ? 0 : 65535;
  socket.write(frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, INITIAL_WINDOW_SIZE]), words(initialWindow)])));
  if (mode === 'goaway_at_once') socket.write(goaway(0, NO_ERROR));
  socket.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    if (!prefaced && unread.length >= 24) {
      prefaced = true;
      unread = unread.subarray(24);
    }
    while (prefaced && unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
      const type = unread.readUInt8(3);
      const flags = unread.readUInt8(4);
      unread = unread.subarray(9 + unread.readUIntBE(0, 3));
      if (type === SETTINGS && !(flags & ACK)) socket.write(frame(SETTINGS, ACK, 0));
      if (type === PING && (flags & ACK)) socket.emit('pong');
      if (type === HEADERS) console.log('stream');
      const isWhole = (type === HEADERS || type === DATA) && (flags & END_STREAM);
      if (mode.startsWith('early') ? type === HEADERS : isWhole) answers[mode]?.(socket);
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
