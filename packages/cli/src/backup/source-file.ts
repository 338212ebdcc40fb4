import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failCli } from '../failures.ts';
import type { Run } from '../terminal/run.ts';
import { openOutput, readFrom } from './document-file.ts';
import { type Format, failDamaged } from './format.ts';

/** A backup to restore. */
export interface SourceFile {
  readonly format: Format;
  /** Undefined for what came through a pipe. */
  readonly path?: string;
  /** Its lines from the beginning, unpacked; any number of times. */
  read(): AsyncIterable<Buffer>;
}

/** Opens the file, or takes what is piped in. What it is, is seen from its first bytes and not from its name. */
export async function openBackup(run: Run, file: string): Promise<SourceFile> {
  const path = resolve(run.io.cwd, file);
  const handle = file === '-' ? await spool(run) : await open(path, 'r');
  run.defer(() => handle.close());
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 0);
  const isPacked = buffer[0] === 0x1f && buffer[1] === 0x8b;
  const isDump = buffer.toString('latin1', 0, bytesRead) === 'PGDMP';
  if (isDump && file === '-') failCli('cli.usage', 'A file of pg_dump cannot be piped in: give its name');
  if (!isDump && !isPacked && buffer[0] !== 0x7b) failDamaged('it does not begin like one');
  return {
    format: isDump ? 'pg_dump' : 'ndjson',
    ...(file !== '-' && { path }),
    read: () => readFrom(handle, isPacked),
  };
}

/** What comes through a pipe is read twice, so it is put on the disk, under no name: nothing is left behind. */
async function spool({ io }: Run): Promise<FileHandle> {
  if (io.stdin.isTTY) failCli('cli.usage', 'Pipe a backup in, or give the name of a file');
  const path = join(tmpdir(), `taskctl-${randomBytes(8).toString('hex')}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  await pipeline(io.stdin, openOutput(handle));
  return handle;
}
