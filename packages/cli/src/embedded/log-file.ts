import { copyFile, stat, truncate } from 'node:fs/promises';

const LIMIT_BYTES = 5 * 1024 * 1024;
const EVERY_MS = 60_000;

/** Moves a log that has grown past 5 MB to `<file>.1`, in place of the one before; the server appends on. */
export async function boundLog(file: string): Promise<void> {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size <= LIMIT_BYTES) return;
  await copyFile(file, `${file}.1`);
  // Truncated, not renamed: PostgreSQL holds the file open and would write on into the renamed one.
  await truncate(file);
}

/** Keeps the log bounded every minute, without keeping the process alive; returns the function that ends it. */
export function watchLog(file: string): () => void {
  const timer = setInterval(() => void boundLog(file).catch(() => undefined), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
