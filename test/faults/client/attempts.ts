import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Call } from './http.ts';
import type { Intent } from './journal.ts';
import type { LoadOptions } from './load.ts';
import { type Outcome, outcomeOf, outcomeOfError } from './outcome.ts';
import { as, refresh, type Session } from './session.ts';

/** A keyed operation is repeated for so long; shorter than the grace of refresh tokens. */
const PATIENCE_MS = 25_000;

/** What came of a request; no answer: its connection broke. */
export interface Attempt {
  readonly answer: Answer | undefined;
  readonly outcome: Outcome;
}

type Request = Omit<Call, 'port' | 'token'>;

/** The requests of one session, to any node: timed, and changes written into the journal before and after. */
export function createAttempts(options: LoadOptions, session: Session) {
  const { journal, tally, ports } = options;
  const anyPort = () => ports()[randomInt(ports().length)] as number;
  const call = timed(options, (request: Request) => as(session, { ...request, port: anyPort() }));
  const attempt = async (request: Request): Promise<Attempt> =>
    call(request).then(
      (answer) => ({ answer, outcome: outcomeOf(answer) }),
      (error: NodeJS.ErrnoException) => ({ answer: undefined, outcome: outcomeOfError(error) }),
    );
  const perform = async (intent: Intent, request: Request): Promise<Attempt> => {
    tally.operations += 1;
    await journal.write({ at: 'intent', ...intent });
    const headers = { ...request.headers, ...(intent.key && { 'Idempotency-Key': intent.key }) };
    const attempted = await (intent.key ? untilDefinite : once)(() => attempt({ ...request, headers }));
    const { answer, outcome } = attempted;
    tally[outcome] += 1;
    const { id, version, code } = answer?.body ?? {};
    const result = { op: intent.op, outcome, status: answer?.status, code, id, version };
    await journal.write({ at: 'result', ...result } as never);
    return attempted;
  };
  /** Buys the next pair of tokens; a token whose answer got lost is sent again. */
  const exchange = (): Promise<Attempt> =>
    untilDefinite(() =>
      timed(options, () => refresh(anyPort(), session.refreshToken))(undefined).then(
        (answer) => ({ answer, outcome: outcomeOf(answer) }),
        () => ({ answer: undefined, outcome: 'unknown' as const }),
      ),
    );
  return { call, perform, exchange };
}

const once = (work: () => Promise<Attempt>): Promise<Attempt> => work();

/** Repeats until it is done or certainly refused; one lost answer leaves the outcome open unless a later one settles it. */
async function untilDefinite(work: () => Promise<Attempt>): Promise<Attempt> {
  const deadline = performance.now() + PATIENCE_MS;
  let isOpen = false;
  for (;;) {
    const attempt = await work();
    const isBusy = attempt.answer?.status === 503 || attempt.answer?.status === 409;
    if (attempt.outcome === 'acked' || (attempt.outcome === 'refused' && attempt.answer && !isBusy)) return attempt;
    isOpen ||= attempt.outcome === 'unknown';
    if (performance.now() > deadline) return isOpen ? { ...attempt, outcome: 'unknown' } : attempt;
    await sleep(50 + randomInt(150));
  }
}

function timed<T>({ tally }: LoadOptions, work: (input: T) => Promise<Answer>) {
  return async (input: T): Promise<Answer> => {
    const started = performance.now();
    const fail = (what: string) => tally.failed.set(what, (tally.failed.get(what) ?? 0) + 1);
    try {
      const answer = await work(input);
      if (answer.status >= 400) fail(`${answer.status} ${answer.body?.code}`);
      return answer;
    } catch (error) {
      fail((error as NodeJS.ErrnoException).code ?? (error as Error).message);
      throw error;
    } finally {
      const at = performance.now();
      tally.timings.push({ at, ms: at - started });
    }
  };
}
