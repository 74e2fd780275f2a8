// An HTTP/2 server for tests: node http2_server.mjs MODE KEY CHAIN
// MODE: answer, refuse (REFUSED_STREAM) or goaway. Prints its port, then a line
// for each stream that is opened. Ends with its standard input.
import { readFileSync } from 'node:fs';
import { constants, createSecureServer } from 'node:http2';

const [mode, key, chain] = process.argv.slice(2);
const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(chain) });

server.on('stream', (stream) => {
  console.log('stream');
  stream.on('error', () => {});
  if (mode === 'answer') {
    stream.respond({ ':status': 201, 'X-Request-Id': 'abc' });
    stream.end('over h2');
  } else if (mode === 'refuse') {
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  } else {
    stream.session.goaway(constants.NGHTTP2_NO_ERROR, 0);
    stream.session.destroy();
  }
});
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
