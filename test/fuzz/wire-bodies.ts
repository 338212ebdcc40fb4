import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { WireCase } from './wire.ts';

const LIMIT = 10_240;

/** Bodies (F-62). */
export function bodyCases(token: string): WireCase[] {
  const post = (body: string | Buffer, lines: readonly string[] = []): Buffer => {
    const bytes = Buffer.from(body);
    const type = lines.some((line) => /^content-type/i.test(line)) ? [] : ['Content-Type: application/json'];
    const length = lines.some((line) => /^(transfer-encoding|content-length)/i.test(line))
      ? []
      : [`Content-Length: ${bytes.length}`];
    const head = [
      'POST /api/tasks HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${token}`,
      'Connection: close',
      ...type,
      ...length,
      ...lines,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
  };
  const task = (fields: string) => `{"title":"wire"${fields}}`;
  const ofSize = (size: number) => task('').padEnd(size, ' ');
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 32));
  const given: readonly (readonly [string, Buffer, readonly number[], 'end'?])[] = [
    ['a plain body', post(task('')), [201]],
    ['10,240 bytes', post(ofSize(LIMIT)), [201]],
    ['10,241 bytes', post(ofSize(LIMIT + 1)), [413]],
    [
      'chunks without end',
      post(`${'1000\r\n'}${'a'.repeat(4096)}\r\n`.repeat(4), ['Transfer-Encoding: chunked']),
      [413],
    ],
    ['gzip', post(gzipSync(task('')), ['Content-Encoding: gzip']), [201]],
    ['deflate', post(deflateSync(task('')), ['Content-Encoding: deflate']), [201]],
    ['brotli', post(brotliCompressSync(task('')), ['Content-Encoding: br']), [201]],
    ['a gzip bomb', post(bomb, ['Content-Encoding: gzip']), [413]],
    ['gzip of gzip', post(gzipSync(gzipSync(task(''))), ['Content-Encoding: gzip']), [400]],
    ['gzip cut short', post(gzipSync(task('')).subarray(0, 20), ['Content-Encoding: gzip']), [400]],
    ['no gzip at all', post(task(''), ['Content-Encoding: gzip']), [400]],
    ['an unknown encoding', post(task(''), ['Content-Encoding: zstd2']), [415]],
    ['an inherited name as encoding', post(task(''), ['Content-Encoding: constructor']), [415]],
    ['empty', post(''), [400]],
    ['spaces', post('   '), [400]],
    ['a scalar', post('1'), [400]],
    ['a text', post('"title"'), [400]],
    ['null', post('null'), [400]],
    ['an array', post('[{"title":"x"}]'), [400]],
    ['two values', post(`${task('')}${task('')}`), [400]],
    ['a byte order mark', post(`\ufeff${task('')}`), [201]],
    ['UTF-16', post(Buffer.from(task(''), 'utf16le')), [400]],
    [
      'bytes that are no UTF-8',
      post(Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
      [400],
    ],
    ['repeated keys', post('{"title":"a","title":"b"}'), [400]],
    ['repeated keys, one escaped', post('{"title":"a","\\u0074itle":"b"}'), [400]],
    ['17 levels', post(task(`,"x":${'['.repeat(17)}${']'.repeat(17)}`)), [400]],
    ['5,000 levels', post(`${'['.repeat(5000)}${']'.repeat(5000)}`), [400]],
    ['100,000 levels', post('['.repeat(100_000)), [413]],
    ['100,000 levels, packed', post(gzipSync('['.repeat(100_000)), ['Content-Encoding: gzip']), [413]],
    ['501 members', post(task(`,"tagIds":[${Array.from({ length: 501 }, () => '1').join(',')}]`)), [400]],
    ['1e999', post(task(',"priority":1e999')), [400]],
    ['minus zero', post(task(',"priority":-0')), [400]],
    ['2 to the 53rd, and 1', post('{"title":9007199254740993}'), [400]],
    ['__proto__', post('{"title":"a","__proto__":{"x":1}}'), [400]],
    ['__proto__ inside', post('{"title":"a","x":{"__proto__":1}}'), [400]],
    ['constructor', post('{"title":"a","constructor":{"prototype":{"x":1}}}'), [400]],
    ['a comment', post('{/* */"title":"a"}'), [400]],
    ['a comma too many', post('{"title":"a",}'), [400]],
    ['NaN', post('{"title":NaN}'), [400]],
    ['a form', post('title=a', ['Content-Type: application/x-www-form-urlencoded']), [415]],
    ['plain text', post(task(''), ['Content-Type: text/plain']), [415]],
    ['no type', post(task(''), ['Content-Type:']), [415]],
    ['a charset', post(task(''), ['Content-Type: application/json; charset=utf-8']), [201]],
    ['another charset', post(task(''), ['Content-Type: application/json; charset=latin1']), [415]],
    ['a body of a length never reached', post(task(''), ['Content-Length: 9999']), [400], 'end'],
    ['a body longer than its length', post(task(''), ['Content-Length: 4']), [400]],
    ['Expect: 100-continue', post(task(''), ['Expect: 100-continue']), [201]],
    ['an unknown expectation', post(task(''), ['Expect: miracles']), [201]],
  ];
  return given.map(([name, bytes, allowed, end]) => ({
    name: `body: ${name}`,
    bytes,
    allowed,
    halfClose: end === 'end',
  }));
}
