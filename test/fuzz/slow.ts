import { setTimeout as pause } from 'node:timers/promises';
import { type Account, call, createAccount } from './accounts.ts';
import type { Report } from './report.ts';
import { type Habit, openSlowSocket, type SlowSocket } from './slow-sockets.ts';
import type { World } from './world.ts';

const MARGIN_MS = 3000;
const SETTLE_MS = 3000;
/** What counts as quick on a machine that is shared. */
const QUICK_MS = 250;
const PROBE_EVERY_MS = 100;
const MEASURED_MS = 8000;
const ANSWERS = 20;
const TASKS = 100;

interface Kind extends Habit {
  /** How long the server may put up with it. */
  readonly limitMs: number;
}

/** Clients that send, or read, as slowly as they can (F-60): without an end of the head, of the body, of the answer. */
const kindsOf = ({ accessToken }: Account): Kind[] => [
  { name: 'slow head', start: 'GET /livez HTTP/1.1\r\nHost: x\r\n', drip: 'X-Slow: 1\r\n', limitMs: 10_000 },
  { name: 'no head', start: '', limitMs: 10_000 },
  {
    name: 'slow body',
    start: 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n',
    drip: ' ',
    limitMs: 30_000,
  },
  {
    name: 'slow reader',
    start: `GET /api/tasks?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`.repeat(
      ANSWERS,
    ),
    // What is written to a connection that is no more comes back as an error: a client that does not read sees no end.
    drip: '\r\n',
    isDeaf: true,
    // A minute for the answer that is stuck, which need not be the first.
    limitMs: 70_000,
  },
];

/** Slow clients at work. */
export interface SlowClients {
  /** Waits until the server must have had enough of those that it has to bear `withinMs` at most, and ends all. */
  check(report: Report, withinMs: number): Promise<void>;
}

/**
 * Opens `count` slow connections; few of them are slow readers, because those cost the machine memory.
 * `measured`: compares the time of quick requests with what it was before.
 */
export async function startSlowClients(
  world: World,
  report: Report,
  { count, measured }: { count: number; measured: boolean },
): Promise<SlowClients> {
  const account = await createAccount(world);
  await fillList(world, account);
  const before = measured ? await probe(world, report, MEASURED_MS / 2) : 0;
  const started = performance.now();
  const kinds = kindsOf(account);
  const sockets = await openAll(world, kinds, count);
  if (measured) await pause(SETTLE_MS);
  const during = await probe(world, report, measured ? MEASURED_MS : 1000);
  if (measured)
    report.check(
      during < Math.max(2 * before, QUICK_MS),
      `quick requests take ${during} ms beside slow ones, not ${before}`,
    );
  return {
    check: async (report, withinMs) => {
      const isDue = (limitMs: number) => limitMs <= withinMs;
      const latest = Math.max(...kinds.filter(({ limitMs }) => isDue(limitMs)).map(({ limitMs }) => limitMs));
      await pause(Math.max(0, started + latest + MARGIN_MS - performance.now()));
      for (const { kind, socket } of sockets) if (isDue(kind.limitMs)) checkEnd(report, kind, socket);
      for (const { socket } of sockets) socket.close();
      await probe(world, report, 1000);
    },
  };
}

function openAll({ port }: World, kinds: readonly Kind[], count: number) {
  const shareOf = ({ isDeaf }: Kind) => Math.ceil(isDeaf ? count / 25 : count / 3);
  const open = async (kind: Kind) => ({ kind, socket: await openSlowSocket(port, kind) });
  return Promise.all(kinds.flatMap((kind) => Array.from({ length: shareOf(kind) }, () => open(kind))));
}

function checkEnd(report: Report, { name, limitMs }: Kind, { endedAfter }: SlowSocket): void {
  const ms = endedAfter();
  report.check(ms !== undefined, `${name}: still connected after ${limitMs + MARGIN_MS} ms`);
  report.check((ms ?? limitMs) <= limitMs + MARGIN_MS, `${name}: ended after ${Math.round(ms ?? 0)} ms`);
}

/** Asks as people do for a while: all are answered; resolves with the 99th percentile of the milliseconds. */
async function probe(world: World, report: Report, forMs: number): Promise<number> {
  const times: number[] = [];
  for (const end = performance.now() + forMs; performance.now() < end; await pause(PROBE_EVERY_MS)) {
    const started = performance.now();
    const { status } = await call(world, { method: 'GET', path: '/livez' });
    times.push(performance.now() - started);
    report.check(status === 200, `beside slow clients a quick request is answered ${status}`);
  }
  return Math.ceil(times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0);
}

async function fillList(world: World, { accessToken: token }: Account): Promise<void> {
  const description = '\u{1f600}'.repeat(2400);
  for (let n = 0; n < TASKS; n += 1)
    await call(world, { method: 'POST', path: '/api/tasks', token, body: { title: 'long', description } });
}
