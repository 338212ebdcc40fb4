import { type Account, call, createAccount } from './accounts.ts';
import type { Operation } from './document.ts';
import { fingerprint } from './fingerprint.ts';
import { FOREIGN_KEYS } from './foreign.ts';
import { CANARY } from './log-capture.ts';
import { createRandom } from './random.ts';
import type { Report } from './report.ts';
import { ownId, smallestBody } from './requests.ts';
import { resolve } from './schema.ts';
import type { World } from './world.ts';

const PLACEHOLDER = 'the name of a column';
const MEANINGFUL = ['__proto__', 'prototype', 'constructor'];

/** Every column of every table, as it is called in SQL and in JSON, and other names that things like to have. */
async function readNames({ query }: World): Promise<string[]> {
  const columns = await query<{ name: string }>(
    "select distinct column_name as name from information_schema.columns where table_schema = 'taskapp'",
  );
  const names = columns.flatMap(({ name }) => [name, name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())]);
  return [...new Set([...names, ...FOREIGN_KEYS, ...MEANINGFUL])];
}

/** Puts the names of columns into every write that does not list them: refused by name, nothing changes (F-67). */
export async function assignColumns(
  world: World,
  report: Report,
  { seed, perOperation }: { seed: number; perOperation: number },
): Promise<void> {
  const random = createRandom(seed);
  const names = await readNames(world);
  const [user, admin, victim] = await Promise.all([
    createAccount(world),
    createAccount(world, 'ADMIN'),
    createAccount(world),
  ]);
  for (const operation of world.document.operations) {
    if (operation.access === undefined || operation.method === 'GET') continue;
    const known = operation.body ? resolve(world.document.root, operation.body).properties : {};
    const foreign = names.filter((name) => !Object.hasOwn(known ?? {}, name));
    const start = random.below(foreign.length);
    const chosen = [...foreign.slice(start), ...foreign.slice(0, start)].slice(0, perOperation);
    const account = operation.access === 'admin' ? admin : user;
    const before = await fingerprint(world);
    for (const name of chosen) await checkColumn(world, report, { operation, account, victim, name });
    report.check((await fingerprint(world)) === before, `${operation.id}: a refused column changed the database`);
  }
}

interface Assignment {
  readonly operation: Operation;
  readonly account: Account;
  readonly victim: Account;
  readonly name: string;
}

async function checkColumn(
  world: World,
  report: Report,
  { operation, account, victim, name }: Assignment,
): Promise<void> {
  const text = JSON.stringify({ ...smallestBody(world, operation, account), [PLACEHOLDER]: CANARY });
  const answer = await call(world, {
    method: operation.method,
    path: operation.path.replace('{id}', () => ownId(operation, account, victim)),
    token: operation.access === 'public' ? undefined : account.accessToken,
    // As text: written into an object `__proto__` would not become a key.
    body: JSON.parse(text.replace(`"${PLACEHOLDER}"`, JSON.stringify(name))),
  });
  report.count(operation.id, answer.status);
  const isNamed = answer.body?.errors?.includes(`${name ? `body.${name}` : 'body'}: Unrecognized key`);
  report.check(answer.status === 400 && isNamed, `${operation.id} takes body.${name}: ${answer.status}`);
}
