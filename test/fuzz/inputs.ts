import type { Answer } from '../faults/client/http.ts';
import { type Account, call, createAccount } from './accounts.ts';
import { checkAnswer } from './answer-checks.ts';
import { type Case, createCase } from './cases.ts';
import { canFailWith, type Operation } from './document.ts';
import { createRandom, type Random } from './random.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

/** Accounts that requests are made as; one that a request may have changed is replaced. */
function createCast(world: World) {
  const cast: Partial<Record<'user' | 'admin' | 'victim', Account>> = {};
  const get = async (part: keyof typeof cast) => {
    const account = cast[part] ?? (await createAccount(world, part === 'admin' ? 'ADMIN' : 'USER'));
    cast[part] = account;
    return account;
  };
  return { get, replace: (part: keyof typeof cast) => void delete cast[part] };
}

/** The id that a path needs, of something that the caller may use. */
function ownId({ path, access }: Operation, account: Account, victim: Account): string {
  const collection = /([\w-]+)\/\{id\}/.exec(path)?.[1] ?? '';
  const known: Record<string, string> = { tasks: account.taskId, tags: account.tagId, sessions: account.sessionId };
  if (collection === 'users' && access === 'admin') return victim.id;
  const id = known[collection];
  if (!id) throw new Error(`No id for ${path}: teach test/fuzz/inputs.ts`);
  return id;
}

const LANES = 4;
/** What would end the sessions of the other lanes; the matrix of callers has it. */
const SOLITARY: ReadonlySet<string> = new Set(['sessions.revokeAll']);

/** Sends so many made-up requests, every operation in turn, and checks every answer. */
export async function fuzzInputs(
  world: World,
  report: Report,
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    fuzzLane(world, report, { random: createRandom(seed + lane), count: Math.ceil(count / LANES) }),
  );
  await Promise.all(lanes);
}

async function fuzzLane(
  world: World,
  report: Report,
  { random, count }: { random: Random; count: number },
): Promise<void> {
  const cast = createCast(world);
  const operations = world.document.operations.filter(({ id, access }) => access !== undefined && !SOLITARY.has(id));
  for (let n = 0; n < count; n += 1) {
    const operation = operations[n % operations.length] as Operation;
    const part = operation.access === 'admin' ? 'admin' : 'user';
    const [account, victim] = [await cast.get(part), await cast.get('victim')];
    const made = createCase({ root: world.document.root, random, operation, account });
    const path = operation.path.replace('{id}', () => ownId(operation, account, victim));
    const answer = await sendCase(world, made, { path, account, random });
    report.count(operation.id, answer.status);
    checkAnswer(world, report, made, answer);
    if (!mayHaveChanged(operation, answer)) continue;
    cast.replace(part);
    if (part === 'admin') cast.replace('victim');
  }
}

async function sendCase(
  world: World,
  { operation, query, body }: Case,
  { path, account, random }: { path: string; account: Account; random: Random },
): Promise<Answer> {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]),
  ).toString();
  const isKeyed = operation.parameters.some(({ name }) => name === 'Idempotency-Key') && random.below(4) === 0;
  return call(world, {
    method: operation.method,
    path: text ? `${path}?${text}` : path,
    token: operation.access === 'public' ? undefined : account.accessToken,
    body,
    ...(isKeyed && { headers: { 'Idempotency-Key': random.uuid() } }),
  });
}

/** Guessing a password slows an account down; a success may have ended its session or deleted what it owns. */
function mayHaveChanged(operation: Operation, { status }: Answer): boolean {
  if (status === 401 || status === 403 || status === 429) return true;
  const isHarmless = operation.method === 'GET' || (operation.method !== 'DELETE' && operation.access === 'user');
  return status < 400 && !isHarmless && (operation.access !== 'public' || !canFailWith(operation, 'user.email_taken'));
}
