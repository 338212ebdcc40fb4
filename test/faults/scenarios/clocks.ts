import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, send } from '../client/http.ts';
import { fromAnywhere, login, refresh, register, type Session } from '../client/session.ts';
import type { ApiNode } from '../cluster/node.ts';
import { withNode } from '../cluster/own-node.ts';
import { describe, statusesOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

const LIMIT = 40;
/** Debian's package `faketime`. */
const LIBRARY = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));

interface Pair {
  /** Its clock is wrong. */
  readonly fast: ApiNode;
  readonly right: ApiNode;
  /** By how much: `+10m`. */
  shift(offset: string): Promise<void>;
}

async function withPair(world: World, library: string, work: (pair: Pair) => Promise<void>): Promise<void> {
  const file = join(world.cluster.folder, 'clock');
  await writeFile(file, '+45s');
  const settings = { RATE_LIMIT_USER_MAX: `${LIMIT}` };
  const lie = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const shift = async (offset: string) => {
    await writeFile(file, offset);
    world.row.injections += 1;
  };
  await withNode(world, { settings: { ...settings, ...lie } }, (fast) =>
    withNode(world, { settings }, (right) => work({ fast, right, shift })),
  );
}

const me = ({ port }: ApiNode, { accessToken }: Pick<Session, 'accessToken'>): Promise<Answer> =>
  send({ port, method: 'GET', path: '/api/users/me', token: accessToken });

/** What a token is answered on the two nodes, the fast one first. */
const onBoth = async ({ fast, right }: Pair, tokens: Pick<Session, 'accessToken'>): Promise<string> =>
  `${(await me(fast, tokens)).status} ${(await me(right, tokens)).status}`;

/** Access tokens are judged by the clock of the node, which may be a minute off; refresh tokens by the database's. */
async function checkTokens(world: World, pair: Pair, ofFast: string): Promise<void> {
  const { cluster, expect } = world;
  const byRight = await register(pair.right.port, cluster.canary);
  const byFast = await register(pair.fast.port, cluster.canary);
  const seen = [await onBoth(pair, byRight), await onBoth(pair, byFast)];
  expect(seen.join(', ') === `200 200, ${ofFast}`, `tokens of the right and the fast node: ${seen.join(', ')}`);
  const crossed = await refresh(pair.right.port, byFast.refreshToken);
  expect(crossed.status === 200, `a refresh token of the fast node is answered ${crossed.status}`);
  // The grace is measured by the database, or the fast node would find it long over.
  const repeated = await refresh(pair.fast.port, byFast.refreshToken);
  const isSame = repeated.body?.refreshToken === crossed.body?.refreshToken;
  expect(repeated.status === 200 && isSame, `a refresh repeated on the fast node is answered ${repeated.status}`);
}

/** One budget on two nodes, and waiting times that make sense. */
async function checkLimits(world: World, { fast, right }: Pair): Promise<void> {
  const session = await register(right.port, world.cluster.canary);
  const answers: Answer[] = [];
  for (let n = 0; n < 2 * LIMIT; n += 1) answers.push(await me(n % 2 === 0 ? fast : right, session));
  const counts = statusesOf(answers);
  world.expect(counts[200] === LIMIT && counts[429] === LIMIT, `a budget of ${LIMIT}: ${describe(counts)}`);
  const headers = fromAnywhere();
  for (let n = 0; n < 8; n += 1) {
    answers.push(await login(fast.port, { email: session.email, password: 'Wrong-1234' }, headers));
  }
  const refused = answers.filter(({ status }) => status === 429).map((answer) => Number(answer.headers['retry-after']));
  const strange = refused.filter((seconds) => !(seconds >= 1 && seconds <= 900));
  world.expect(refused.length > LIMIT && strange.length === 0, `Retry-After: ${strange}`);
}

/** What a token made a moment ago is answered at such a node, and its refresh token: it may be old, not from the future. */
const JUMPS = { '+70m': [401, 200], '-50m': [401, 401], '+0s': [200, 200] } as const;

/** A clock that jumps while the node runs makes it refuse tokens, and does nothing to sessions. */
async function checkJumps(world: World, pair: Pair): Promise<void> {
  for (const [offset, wanted] of Object.entries(JUMPS)) {
    await pair.shift(offset);
    const session = await register(pair.right.port, world.cluster.canary);
    const used = await me(pair.fast, session);
    const renewed = await refresh(pair.fast.port, session.refreshToken);
    const found = `${used.status},${renewed.status}`;
    world.expect(found === wanted.join(), `at ${offset} a token and its refresh token are answered ${found}`);
    const elsewhere = await refresh(pair.right.port, session.refreshToken);
    world.expect(elsewhere.status === 200, `after ${offset} a session is answered ${elsewhere.status} elsewhere`);
  }
}

const wrongClock: Scenario = {
  id: 'F-31',
  title: 'the clock of a node wrong by 45 s, 10 min, and jumping by hours',
  isLongOnly: true,
  run: async (world) => {
    if (!LIBRARY) {
      world.row.isImpossible = true;
      return world.note('faketime is not installed');
    }
    await withPair(world, LIBRARY, async (pair) => {
      await checkTokens(world, pair, '200 200');
      await pair.shift('+10m');
      // More than a minute ahead: a token that cannot be is refused, and its owner gets another one where they are.
      await checkTokens(world, pair, '200 401');
      await checkLimits(world, pair);
      await checkJumps(world, pair);
    });
  },
};

export const clocks: readonly Scenario[] = [wrongClock];
