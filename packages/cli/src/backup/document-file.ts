import { createReadStream, createWriteStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { pipeline as pipe, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { readDocument, writeDocument } from './document.ts';
import { failDamaged, type Header } from './format.ts';
import type { Snapshot } from './snapshot.ts';

interface Writing {
  /** False for a stream that the process goes on using. */
  readonly endsOutput: boolean;
  readonly isPacked: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onRows: (count: number) => void;
}

/** Writes a snapshot to a stream as fast as that takes it; stdout stays open. */
export async function writeTo(output: NodeJS.WritableStream, snapshot: Snapshot, options: Writing): Promise<void> {
  const { isPacked, endsOutput, signal, onRows } = options;
  const document = Readable.from(writeDocument(snapshot, onRows), { objectMode: true, highWaterMark: 1 });
  const end = { end: endsOutput, ...(signal && { signal }) };
  if (isPacked) await pipeline(document, createGzip(), output, end);
  else await pipeline(document, output, end);
}

/** Writes to a file; the handle stays open. Its own streams would keep it from being closed. */
export const openOutput = ({ fd }: FileHandle): NodeJS.WritableStream =>
  createWriteStream('', { fd, autoClose: false });

/** The bytes of a file from its beginning, unpacked; the handle stays open. */
export function readFrom(handle: FileHandle, isPacked: boolean): AsyncIterable<Buffer> {
  const bytes = createReadStream('', { fd: handle.fd, start: 0, autoClose: false });
  return isPacked ? pipe(bytes, createGunzip(), () => undefined) : bytes;
}

/** Reads a backup to its end and resolves with what it holds; throws when anything is wrong with it. */
export async function checkDocument(read: () => AsyncIterable<Buffer>): Promise<{ header: Header; sha256: string }> {
  let header: Header | undefined;
  let sha256 = '';
  for await (const part of readDocument(read())) {
    if (part.kind === 'header') header = part.header;
    if (part.kind === 'end') sha256 = part.sha256;
  }
  return { header: header ?? failDamaged('it is empty'), sha256 };
}
