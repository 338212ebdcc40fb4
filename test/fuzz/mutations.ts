import { call, createAccount } from './accounts.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { Report } from './report.ts';
import { requestLines } from './requests.ts';
import { wireCases } from './wire.ts';
import { exchange } from './wire-socket.ts';
import type { World } from './world.ts';

const LANES = 16;
const BITS = 8;
/** Low ones more often: a request that is still one gets further. */
const PER_THOUSAND = [1, 1, 1, 2, 2, 3, 5, 10, 20, 50];
const MAX_BYTES = 20_000;

/** Sends requests in which bits were flipped and pieces lost, repeated or moved: the server lives, and no 5xx (F-68). */
export async function sendMutations(
  world: World,
  report: Report,
  { seed, count }: { seed: number; count: number },
): Promise<void> {
  const account = await createAccount(world);
  const odd = wireCases(account.accessToken).map(({ bytes }) => Buffer.from(bytes));
  const plain = requestLines(world, account);
  const whole = [...odd, ...plain, ...plain].filter(({ length }) => length < MAX_BYTES);
  let left = count;
  const lane = async (random: Random) => {
    while (left-- > 0) {
      const bytes = mutate(random, random.pick(whole));
      const { statuses } = await exchange(world.port, bytes, { halfClose: true });
      for (const status of statuses) report.count('mutation', status);
      if (statuses.some((status) => status >= 500)) report.fail(`${statuses}`, bytes.toString('latin1'));
      const error = world.log.splice(0).find(({ level }) => level === 'error');
      if (error) report.fail(`logged an error: ${JSON.stringify(error).slice(0, 300)}`, bytes.toString('latin1'));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, n) => lane(createRandom(seed + n))));
  const { status } = await call(world, { method: 'GET', path: '/readyz' });
  report.check(status === 200, `afterwards the server is not ready: ${status}`);
}

/** As zzuf does: each bit flips with a probability of 0.1 to 5 percent; sometimes a piece is cut out, doubled or moved. */
function mutate(random: Random, whole: Buffer): Buffer {
  const rearranged = random.below(4) === 0 ? rearrange(random, whole) : whole;
  const bytes = Buffer.from(rearranged);
  const perThousand = random.pick(PER_THOUSAND);
  for (const [at, byte] of bytes.entries())
    if (random.below(1000) < perThousand) bytes[at] = byte ^ (1 << random.below(BITS));
  return bytes;
}

function rearrange(random: Random, whole: Buffer): Buffer {
  const from = random.below(whole.length);
  const to = from + random.below(Math.min(200, whole.length - from));
  const [before, piece, after] = [whole.subarray(0, from), whole.subarray(from, to), whole.subarray(to)];
  return Buffer.concat(
    random.pick([
      [before, after],
      [before, piece, piece, after],
      [piece, before, after],
    ]),
  );
}
