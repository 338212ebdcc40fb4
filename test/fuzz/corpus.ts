import { createRequire } from 'node:module';
import { type Case, createNaughty, createValid } from './cases.ts';
import type { Operation } from './document.ts';
import { carryOut, type Plan } from './inputs.ts';
import { type Field, fieldsOf } from './judge.ts';
import { createRandom } from './random.ts';
import type { Report } from './report.ts';
import type { SampleContext } from './samples.ts';
import { resolve, type Schema } from './schema.ts';
import { NAUGHTY } from './strings.ts';
import type { World } from './world.ts';

type Naughty = readonly [kind: string, text: string];

/** The strings of the npm package, made by Max Woolf and others, and our own. */
function readCorpus(): Naughty[] {
  const list: readonly string[] = createRequire(import.meta.url)('big-list-of-naughty-strings');
  return [...NAUGHTY, ...list.map((text, at): Naughty => [`naughty string ${at}`, text])];
}

const HEADERS = [
  ...['User-Agent', 'X-Request-Id', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Origin', 'Accept', 'Accept-Encoding'],
  ...['Cookie', 'Referer', 'If-None-Match', 'If-Match', 'Idempotency-Key'],
];

/**
 * Puts every string of the corpora into every text field, path and header, or `count` of them by chance (F-65).
 * What is accepted has to come back; a database that obeyed one would be slow, or tell.
 */
export async function sendCorpus(
  world: World,
  report: Report,
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  const corpus = readCorpus();
  const places = world.document.operations
    .filter(({ access }) => access !== undefined)
    .flatMap((operation) => placesOf(world, operation));
  const random = createRandom(seed);
  const total = corpus.length * places.length;
  const plan = (n: number): Plan =>
    (places[n % places.length] as Place)(corpus[Math.floor(n / places.length)] as Naughty);
  const chosen = Array.from({ length: Math.min(count, total) }, (_, n) => (count < total ? random.below(total) : n));
  await carryOut(world, report, { seed, plans: chosen.map(plan) });
}

/** Somewhere in a request where a text fits. */
type Place = (naughty: Naughty) => Plan;

function placesOf({ document: { root } }: World, operation: Operation): Place[] {
  const fields = fieldsOf({ root, operation });
  const texts = fields.filter(({ schema }) => takesText(root, schema));
  return [
    ...texts.map(
      (field): Place =>
        (naughty) => ({ operation, make: (context) => inField(context, field, naughty) }),
    ),
    ...(operation.path.includes('{id}') ? [inPath(operation)] : []),
    ...HEADERS.map(
      (name): Place =>
        (naughty) =>
          inHeader(operation, name, naughty),
    ),
  ];
}

function takesText(root: unknown, given: Schema): boolean {
  const schema = resolve(root, given);
  return [schema.type].flat().includes('string') || (schema.anyOf ?? []).some((option) => takesText(root, option));
}

const inField = (context: SampleContext, { place, name }: Field, naughty: Naughty): Case => {
  const fields = fieldsOf(context);
  const field = fields.find((candidate) => candidate.place === place && candidate.name === name) as Field;
  return createNaughty(context, fields, { field, naughty });
};

const inPath =
  (operation: Operation): Place =>
  ([kind, text]) => ({
    operation,
    make: (context) => ({
      ...createValid(context, fieldsOf(context), `${kind} in the path`),
      // Nothing at all would be another address, and half a character is none that can be encoded.
      id: text === '' || !text.isWellFormed() ? 'x' : text,
      expect: 'reject',
    }),
  });

/** Headers are bytes; a client library refuses control characters, which raw sockets send. */
const toHeader = (text: string) =>
  Buffer.from(text.replace(/\p{Cc}/gu, ''))
    .toString('latin1')
    .slice(0, MAX_HEADER);
const MAX_HEADER = 4000;

const inHeader = (operation: Operation, name: string, [kind, text]: Naughty): Plan => ({
  operation,
  make: (context) => ({
    ...createValid(context, fieldsOf(context), `${kind} in the header ${name}`),
    headers: { [name]: toHeader(text) },
    expect: 'either',
  }),
});
