import { createHash } from 'node:crypto';
import {
  failDamaged,
  type Header,
  isTrailer,
  readHeader,
  readRowLine,
  readTrailer,
  type Trailer,
  toLine,
  toRowLine,
  totalOf,
} from './format.ts';
import { splitLines } from './lines.ts';
import type { Snapshot } from './snapshot.ts';

const BATCH_ROWS = 500;
const BATCH_CHARS = 4_000_000;

/** Writes a backup in NDJSON, a batch at a time. */
export async function* writeDocument({ header, readRows }: Snapshot, onRows: (count: number) => void) {
  const hash = createHash('sha256');
  const seal = (text: string) => {
    hash.update(text);
    return text;
  };
  yield seal(toLine(header));
  for (const { name } of header.tables) {
    for await (const rows of readRows(name)) {
      yield seal(rows.map((json) => toRowLine(name, json)).join(''));
      onRows(rows.length);
    }
  }
  yield toLine({ end: { rows: totalOf(header), sha256: hash.digest('hex') } });
}

/** What reading a backup yields: the header first, then rows of one table at a time, then proof that it was all. */
export type Part =
  | { readonly kind: 'header'; readonly header: Header }
  | { readonly kind: 'rows'; readonly table: string; readonly rows: readonly string[] }
  | { readonly kind: 'end'; readonly sha256: string };

/** Reads a backup in NDJSON; throws as soon as it proves to be incomplete or changed, at its end at the latest. */
export async function* readDocument(input: AsyncIterable<Buffer>): AsyncGenerator<Part> {
  const hash = createHash('sha256');
  const batches = createBatches();
  let header: Header | undefined;
  let end: Trailer['end'] | undefined;
  for await (const bytes of splitLines(input)) {
    const line = bytes.toString('utf8', 0, bytes.length - 1);
    if (end) failDamaged('it goes on after its end');
    if (header && isTrailer(line)) {
      end = readTrailer(line);
      continue;
    }
    hash.update(bytes);
    if (header) yield* batches.add(line);
    else {
      header = readHeader(line);
      yield { kind: 'header', header };
    }
  }
  if (!header || !end) return failDamaged('its end is missing');
  if (hash.digest('hex') !== end.sha256) failDamaged('the checksum differs');
  checkCounts(header, batches.counts, end.rows);
  yield* batches.takeRest();
  yield { kind: 'end', sha256: end.sha256 };
}

/** Puts rows of the same table together, and counts them. */
function createBatches() {
  const counts = new Map<string, number>();
  let current = { table: '', rows: [] as string[], chars: 0 };
  function* takeRest(): Generator<Part> {
    if (current.rows.length > 0) yield { kind: 'rows', table: current.table, rows: current.rows };
  }
  function* add(line: string): Generator<Part> {
    const { table, json } = readRowLine(line);
    if (current.table !== table || current.rows.length === BATCH_ROWS || current.chars > BATCH_CHARS) {
      yield* takeRest();
      current = { table, rows: [], chars: 0 };
    }
    current.rows.push(json);
    current.chars += json.length;
    counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  return { add, takeRest, counts };
}

/** Compares what a backup holds with what its first and its last line say. */
function checkCounts(header: Header, counts: ReadonlyMap<string, number>, total: number): void {
  const wrong = header.tables.find(({ name, rows }) => (counts.get(name) ?? 0) !== rows);
  if (wrong) failDamaged(`${wrong.rows} rows of ${wrong.name} are announced, ${counts.get(wrong.name) ?? 0} are there`);
  if (total !== totalOf(header) || counts.size > header.tables.length) failDamaged('the numbers of rows differ');
}
