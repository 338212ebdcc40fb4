import type { WireCase } from './wire.ts';

const PATH = '/api/users/me';

/** A GET as this user, with more header lines. */
export const get = (token: string, lines: readonly string[] = [], path = PATH) =>
  [`GET ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`, 'Connection: close', ...lines, '', ''].join(
    '\r\n',
  );

const lines = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: 1`);

/** Request lines and headers (F-61). */
export function headCases(token: string): WireCase[] {
  const body = '{"title":"smuggled"}';
  const post = (lines: readonly string[], rest: string) =>
    [
      'POST /api/tasks HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      ...lines,
      '',
      rest,
    ].join('\r\n');
  return [
    { name: 'a plain request', bytes: get(token), allowed: [200] },
    { name: 'a header of 15 KiB', bytes: get(token, [`X-Long: ${'a'.repeat(15 * 1024)}`]), allowed: [200] },
    { name: 'headers of more than 16 KiB', bytes: get(token, [`X-Long: ${'a'.repeat(17 * 1024)}`]), allowed: [431] },
    { name: '64 header lines', bytes: get(token, lines(61)), allowed: [200] },
    { name: '65 header lines', bytes: get(token, lines(62)), allowed: [431] },
    { name: 'two Host headers', bytes: get(token, ['Host: y']), allowed: [400] },
    { name: 'no Host header', bytes: `GET ${PATH} HTTP/1.1\r\nConnection: close\r\n\r\n`, allowed: [400] },
    { name: 'two Authorization headers', bytes: get(token, [`Authorization: Bearer ${token}`]), allowed: [401] },
    { name: 'NUL in a header', bytes: get(token, ['X-Nul: a\0b']), allowed: [400] },
    { name: 'bare line feeds', bytes: get(token).replaceAll('\r\n', '\n'), allowed: [400] },
    { name: 'a folded header', bytes: get(token, ['X-Folded: a', ' b']), allowed: [400] },
    { name: 'a space before the colon', bytes: get(token, ['X-Space : a']), allowed: [400] },
    { name: 'HTTP/0.9', bytes: `GET ${PATH}\r\n\r\n`, allowed: [401] },
    { name: 'HTTP/3.0', bytes: `GET ${PATH} HTTP/3.0\r\nHost: x\r\n\r\n`, allowed: [400] },
    { name: 'HTTP/1.0', bytes: `GET /livez HTTP/1.0\r\n\r\n`, allowed: [200] },
    {
      name: 'garbage',
      bytes: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a]),
      allowed: [400],
    },
    { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', allowed: [400] },
    {
      name: 'upgrade to h2c',
      bytes: get(token, ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']),
      allowed: [200],
    },
    {
      name: 'upgrade to WebSocket',
      bytes: get(token, ['Upgrade: websocket', 'Sec-WebSocket-Version: 13']),
      allowed: [200],
    },
    { name: 'an expectation without a body', bytes: get(token, ['Expect: 100-continue']), allowed: [200] },
    { name: 'TRACE', bytes: get(token).replace('GET', 'TRACE'), allowed: [405] },
    { name: 'CONNECT', bytes: 'CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n', allowed: [405] },
    { name: 'an unknown method', bytes: get(token).replace('GET', 'BREW'), allowed: [400] },
    { name: 'the absolute form', bytes: get(token, [], `http://other.example${PATH}`), allowed: [200] },
    {
      name: 'OPTIONS *',
      bytes: 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      allowed: [404],
    },
    {
      name: 'length and chunks',
      bytes: post([`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], `0\r\n\r\n${body}`),
      allowed: [400],
    },
    { name: 'two lengths', bytes: post(['Content-Length: 20', 'Content-Length: 21'], body), allowed: [400] },
    { name: 'one length twice', bytes: post(['Content-Length: 20', 'Content-Length: 20'], body), allowed: [400] },
    { name: 'a list of lengths', bytes: post(['Content-Length: 20, 20'], body), allowed: [400] },
    { name: 'chunked twice', bytes: post(['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'), allowed: [400] },
    { name: 'chunked and something after it', bytes: post(['Transfer-Encoding: chunked, x'], ''), allowed: [400] },
    { name: 'a negative length', bytes: post(['Content-Length: -1'], body), allowed: [400] },
    { name: 'a length in hexadecimal', bytes: post(['Content-Length: 0x14'], body), allowed: [400] },
    { name: 'an unknown transfer coding', bytes: post(['Transfer-Encoding: xchunked'], body), allowed: [400] },
    { name: 'a bad chunk size', bytes: post(['Transfer-Encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'), allowed: [400] },
    {
      name: '100 requests in one write',
      bytes: `${get(token).replace('close', 'keep-alive').repeat(99)}${get(token)}`,
      allowed: [200],
      answers: 100,
    },
    {
      name: 'a second request behind a refused one',
      bytes: post(['Content-Length: 2'], 'xx') + get('none'),
      allowed: [400],
      answers: 2,
    },
  ];
}
