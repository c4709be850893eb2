// Life cycles of sessions by the npm package `radius`: node npm_client.js MODULE PORT SECRET SESSIONS PREFIX
// Every response is verified by the package. Prints how many requests were answered.
'use strict';
const dgram = require('dgram');
const [modulePath, port, secret, sessions, prefix] = process.argv.slice(2);
const radius = require(modulePath);

const OUTSTANDING_MAX = 100;
const RETRY_MS = 2000;
const ATTEMPTS_MAX = 15;

// The numbers are those of life_cycles.py.
function attributes(session, step) {
  const list = [
    ['NAS-IP-Address', '10.0.0.' + (1 + session % 16)],
    ['User-Name', 'user-' + session % 100],
    ['Acct-Session-Id', prefix + session],
    ['Acct-Status-Type', ['Start', 'Interim-Update', 'Stop'][step]],
    ['Acct-Delay-Time', 0],
  ];
  if (step > 0) {
    list.push(['Acct-Session-Time', 60 * step], ['Acct-Input-Octets', 1000 * step + session],
      ['Acct-Output-Octets', 7 * session], ['Acct-Output-Gigawords', step], ['Acct-Input-Packets', 10 * step],
      ['Acct-Output-Packets', session]);
  }
  return list;
}

const socket = dgram.createSocket('udp4');
const waiting = new Map();
const free = Array.from({ length: OUTSTANDING_MAX }, (_, identifier) => identifier);
let next = 0;
let answered = 0;

function send(request) {
  if (request.attempts++ === ATTEMPTS_MAX) {
    console.error('no answer to request of session ' + request.session);
    process.exit(1);
  }
  socket.send(request.packet, 0, request.packet.length, Number(port), '127.0.0.1');
  request.timer = setTimeout(send, RETRY_MS, request);
}

function begin(session, step) {
  const identifier = free.pop();
  const packet = radius.encode({ code: 'Accounting-Request', secret, identifier, attributes: attributes(session, step) });
  const request = { packet, session, step, attempts: 0 };
  waiting.set(identifier, request);
  send(request);
}

socket.on('message', (response) => {
  const request = waiting.get(response[1]);
  if (!request) return;
  if (!radius.verify_response({ request: request.packet, response, secret })) {
    console.error('wrong response');
    process.exit(1);
  }
  clearTimeout(request.timer);
  waiting.delete(response[1]);
  free.push(response[1]);
  answered += 1;
  if (request.step < 2) begin(request.session, request.step + 1);
  else if (next < Number(sessions)) begin(next++, 0);
  else if (waiting.size === 0) {
    console.log(answered);
    socket.close();
  }
});

while (next < Math.min(OUTSTANDING_MAX, Number(sessions))) begin(next++, 0);
