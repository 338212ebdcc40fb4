import { failDamaged } from './format.ts';

const LINE_END = 0x0a;
const MAX_BYTES = 268_435_456;

/** Splits bytes into lines, each with its line end. Fails where the last one has none, or one is absurdly long. */
export async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      const line = chunk.subarray(start, end + 1);
      yield parts.length > 0 ? Buffer.concat([...parts, line]) : line;
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > MAX_BYTES) failDamaged('a line has no end');
  }
  if (size > 0) failDamaged('its last line has no end');
}
