import type { Answer } from '../faults/client/http.ts';
import { type Account, call, createAccount, createThings } from './accounts.ts';
import { checkAnswer } from './answer-checks.ts';
import { type Case, createCase } from './cases.ts';
import type { Operation } from './document.ts';
import { createRandom, type Random } from './random.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

type Part = 'user' | 'admin' | 'victim';

/** Accounts that requests are made as; what a request may have changed is made anew. */
function createCast(world: World) {
  const cast = new Map<Part, Account>();
  const get = async (part: Part) => {
    const account = cast.get(part) ?? (await createAccount(world, part === 'admin' ? 'ADMIN' : 'USER'));
    cast.set(part, account);
    return account;
  };
  const renew = async (part: Part, what: 'account' | 'things') => {
    const account = cast.get(part);
    cast.delete(part);
    if (account && what === 'things') cast.set(part, { ...account, ...(await createThings(world, account)) });
  };
  return { get, renew };
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
    const changed = whatChanged(operation, answer);
    if (changed) await cast.renew(part === 'admin' && answer.status < 400 ? 'victim' : part, changed);
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
function whatChanged({ method, access }: Operation, { status, body }: Answer): 'account' | 'things' | undefined {
  const isRefusedGuess = status === 401 || status === 429 || body?.code === 'user.password_wrong';
  if (isRefusedGuess) return 'account';
  if (status >= 400 || method === 'GET') return undefined;
  if (access === 'user') return method === 'DELETE' ? 'things' : undefined;
  return 'account';
}
