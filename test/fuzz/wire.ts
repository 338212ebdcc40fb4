import { createAccount } from './accounts.ts';
import type { Report } from './report.ts';
import { bodyCases } from './wire-bodies.ts';
import { headCases } from './wire-heads.ts';
import { exchange } from './wire-socket.ts';
import type { World } from './world.ts';

/** Bytes to send, and the statuses that may come back, in order; `closed`: the connection may end without an answer. */
export interface WireCase {
  readonly name: string;
  readonly bytes: string | Buffer;
  /** Statuses that are right for the first answer. */
  readonly allowed: readonly number[];
  /** How many answers come, where it is not one. */
  readonly answers?: number;
}

/** Sends what no client library would, over plain sockets: 4xx, or the right answer, never a 5xx. */
export async function sendRaw(world: World, report: Report): Promise<void> {
  const { accessToken } = await createAccount(world);
  for (const { name, bytes, allowed, answers } of [...headCases(accessToken), ...bodyCases(accessToken)]) {
    const got = await exchange(world.port, bytes);
    const [first] = got.statuses;
    report.check(
      first === undefined ? allowed.includes(0) : allowed.includes(first),
      `${name}: ${got.statuses.join(', ') || 'no answer'}, not ${allowed}`,
    );
    report.check(
      got.statuses.every((status) => status < 500),
      `${name}: ${got.statuses}`,
    );
    if (answers !== undefined)
      report.check(got.statuses.length === answers, `${name}: ${got.statuses.length} answers, not ${answers}`);
    if (first !== undefined && first >= 400) {
      report.check(/"code":"[a-z]+\.[a-z_]+"/.test(got.text), `${name}: no error envelope in ${got.text.slice(-200)}`);
    }
    report.check(!/node_modules|\bat .+:\d+:\d+|SyntaxError/.test(got.text), `${name}: the answer tells too much`);
    const errors = world.log.splice(0).filter(({ level }) => level === 'error');
    report.check(errors.length === 0, `${name}: logged an error: ${errors[0]?.message}`);
  }
}
