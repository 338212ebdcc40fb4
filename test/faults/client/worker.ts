import { randomInt, randomUUID } from 'node:crypto';
import { createAttempts } from './attempts.ts';
import type { Answer } from './http.ts';
import { checkList } from './list-check.ts';
import type { LoadOptions } from './load.ts';
import type { Session } from './session.ts';
import { surprise } from './tally.ts';

/** What a worker knows of its tasks. It is the only one that changes them. */
export interface Known {
  /** Live tasks about which nothing is uncertain: by id, the version and tag of the last answer. */
  readonly live: Map<string, { readonly version: number; readonly etag: string }>;
  /** Tasks whose removal was acknowledged. */
  readonly removed: Set<string>;
  /** Titles of all tasks that it tried to make. */
  readonly titles: Set<string>;
  /** Tasks about which something is uncertain. */
  readonly uncertain: Set<string>;
}

const MAX_LIVE = 25;
/** What may come instead of success for a task that certainly exists. */
const EXCUSABLE = new Set([409, 429, 503]);

/** One client that creates, changes, removes and lists tasks of its own, one request after another. */
export function createWorker(options: LoadOptions, session: Session) {
  const { tally, canary, keyed } = options;
  const known: Known = { live: new Map(), removed: new Set(), titles: new Set(), uncertain: new Set() };
  const { call, perform, exchange } = createAttempts(options, session);

  const create = async () => {
    const op = randomUUID();
    const fields = { title: `op-${op}`, description: `${canary} new`, priority: ['LOW', 'HIGH'][randomInt(2)] };
    known.titles.add(fields.title);
    const intent = { op, kind: 'create', user: session.id, fields, ...keyOf(op, keyed) } as const;
    const { answer, outcome } = await perform(intent, { method: 'POST', path: '/api/tasks', body: fields });
    if (outcome === 'acked' && answer) known.live.set(answer.body.id, versionOf(answer));
    else if (answer && !EXCUSABLE.has(answer.status)) surprise(tally, `create answered ${answer.status}`);
  };
  const change = async (task: string, kind: 'update' | 'remove') => {
    const op = randomUUID();
    const fields = kind === 'update' ? { description: `${canary} ${op}` } : undefined;
    const before = known.live.get(task);
    known.live.delete(task);
    const intent = { op, kind, user: session.id, task, ...(fields && { fields }), ...keyOf(op, keyed) } as const;
    const headers = before && randomInt(2) === 0 ? { 'If-Match': before.etag } : {};
    const method = kind === 'update' ? 'PATCH' : 'DELETE';
    const { answer, outcome } = await perform(intent, {
      method,
      path: `/api/tasks/${task}`,
      headers,
      ...(fields && { body: fields }),
    });
    if (outcome === 'unknown') return void known.uncertain.add(task);
    if (outcome === 'refused' && before) known.live.set(task, before);
    else if (kind === 'update' && answer) known.live.set(task, versionOf(answer));
    else known.removed.add(task);
    if (answer && answer.status >= 400 && !EXCUSABLE.has(answer.status)) {
      surprise(tally, `${kind} of an existing task answered ${answer.status} ${answer.body?.code}`);
    }
  };
  const list = async () => {
    const answer = await call({ method: 'GET', path: '/api/tasks?limit=100' }).catch(() => undefined);
    tally.reads += 1;
    if (answer?.status === 200) checkList(answer.body, known, tally);
  };
  const renew = async () => {
    const { answer } = await exchange();
    if (answer?.status === 200) Object.assign(session, answer.body);
    else if (answer?.status === 401) surprise(tally, 'logged out by a refresh');
  };

  /** Does one thing, chosen at random. */
  return async (): Promise<void> => {
    const dice = randomInt(100);
    const tasks = [...known.live.keys()];
    const task = tasks[randomInt(Math.max(1, tasks.length))];
    if (dice < 30) return list();
    if (dice < 32) return renew();
    if (task === undefined || (dice < 65 && tasks.length < MAX_LIVE)) return create();
    return change(task, dice < 85 ? 'update' : 'remove');
  };
}

const keyOf = (op: string, keyed: LoadOptions['keyed']) =>
  keyed === 'all' || (keyed === 'mixed' && randomInt(2) === 0) ? { key: op } : {};

const versionOf = ({ body, headers }: Answer) => ({ version: body.version as number, etag: headers.etag ?? '*' });
