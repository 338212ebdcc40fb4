import type { Answer } from '../faults/client/http.ts';
import { type Account, call } from './accounts.ts';
import { checkAnswer } from './answer-checks.ts';
import { type Case, createCase } from './cases.ts';
import { type Cast, createCast, whatChanged } from './cast.ts';
import type { Operation } from './document.ts';
import { createRandom, type Random } from './random.ts';
import type { Report } from './report.ts';
import { ownId } from './requests.ts';
import type { SampleContext } from './samples.ts';
import { planBoundaries } from './sweep.ts';
import type { World } from './world.ts';

const LANES = 4;
/** What would end the sessions of the other lanes; the matrix of callers has it. */
const SOLITARY: ReadonlySet<string> = new Set(['sessions.revokeAll']);
/** Less than what texts that tell a database to sleep ask for. */
const SLOW_MS = 4000;

/** A request to make up when its turn comes. */
export interface Plan {
  readonly operation: Operation;
  readonly make: (context: SampleContext) => Case;
}

/** Sends so many made-up requests: first every boundary once, then every operation in turn. */
export async function fuzzInputs(
  world: World,
  report: Report,
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  const operations = world.document.operations.filter(({ access }) => access !== undefined);
  const boundaries = await planBoundaries(world);
  const others = Array.from({ length: Math.max(0, count - boundaries.length) }, (_, n) => ({
    operation: operations[n % operations.length] as Operation,
    make: createCase,
  }));
  await carryOut(world, report, { seed, plans: [...boundaries, ...others] });
}

/** Sends what is planned, several at a time, and checks every answer. */
export async function carryOut(
  world: World,
  report: Report,
  { seed, plans: wanted }: { seed: number; plans: readonly Plan[] },
): Promise<void> {
  const plans = wanted.filter(({ operation }) => !SOLITARY.has(operation.id));
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const cast = createCast(world);
    const random = createRandom(seed + lane);
    for (let n = lane; n < plans.length; n += LANES)
      await carryOutOne(world, report, { plan: plans[n] as Plan, cast, random });
  });
  await Promise.all(lanes);
}

interface Turn {
  readonly plan: Plan;
  readonly cast: Cast;
  readonly random: Random;
}

async function carryOutOne(world: World, report: Report, { plan, cast, random }: Turn): Promise<void> {
  const { operation } = plan;
  const part = operation.access === 'admin' ? 'admin' : 'user';
  const [account, victim] = [await cast.get(part), await cast.get('victim')];
  const made = plan.make({ root: world.document.root, random, operation, account });
  const id = made.id === undefined ? undefined : encodeURIComponent(made.id);
  const path = operation.path.replace('{id}', () => id ?? ownId(operation, account, victim));
  const started = performance.now();
  const answer = await sendCase(world, made, { path, account, random });
  report.count(operation.id, answer.status);
  checkAnswer(world, report, made, answer);
  if (performance.now() - started > SLOW_MS) report.fail(`${operation.id}, ${made.kind}: took ${SLOW_MS} ms`);
  const changed = whatChanged(operation, answer);
  if (changed) await cast.renew(part === 'admin' && answer.status < 400 ? 'victim' : part, changed);
}

async function sendCase(
  world: World,
  { operation, query, body, headers }: Case,
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
    headers: { ...(isKeyed && { 'Idempotency-Key': random.uuid() }), ...headers },
  });
}
