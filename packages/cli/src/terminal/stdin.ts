import type { CliIo } from './io.ts';

const MAX_BYTES = 1_048_576;

/** Reads the lines of stdin to its end, the first MiB at most; a line end after the last line counts for nothing. */
export async function readLines({ stdin }: CliIo): Promise<string[]> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > MAX_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8');
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}
