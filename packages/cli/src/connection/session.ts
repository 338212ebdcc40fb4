import { userInfo } from 'node:os';
import { inspect } from 'node:util';
import type { CallContext, Logger, NamedOperation, OperationId, TaskApp, UserActor } from '@taskapp/core';
import { failCli } from '../failures.ts';
import type { CallOperation } from '../references.ts';
import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';
import { type OpenDatabase, openDatabase } from './database.ts';

/** The operations of one run, and who calls them: on a database or on a server, with the same results. */
export interface Session {
  readonly call: CallOperation;
  /** The contract of an operation. */
  operationOf(id: OperationId): NamedOperation;
  /** The server; undefined on a database. */
  readonly url?: string;
  /** Why operations that answer tokens are of no use here; undefined where they are. */
  readonly noTokens?: { readonly message: string; readonly hint: string };
}

/** What holds for every call of a run. */
export interface CallFacts {
  /** Carries out what is called, and undoes it at the end of the run. */
  readonly isTrial?: boolean;
  /** Names the change: repeated, it is carried out once. */
  readonly idempotencyKey?: string | undefined;
}

/** A session on a database. */
export interface DirectSession extends Session {
  readonly source: OpenDatabase;
}

const HINT = 'Set JWT_ACCESS_SECRET and JWT_REFRESH_SECRET to what the server has.';
const NO_SECRETS = { message: 'Tokens are made with the secrets of the server', hint: HINT };

/** Opens the app as the user that `--as` names, or as the system; closed at the end of the run. */
export async function openDirectSession(
  run: Run,
  { as }: Pick<Globals, 'as'>,
  { isTrial = false, idempotencyKey }: CallFacts = {},
): Promise<DirectSession> {
  const source = await openDatabase(run, 'operations');
  // With others every time no call would be recognised.
  if (idempotencyKey !== undefined && !source.hasSecrets)
    failCli('cli.usage', 'Keys are kept with the secrets of the server', { hint: HINT });
  const core = await import('@taskapp/core');
  const app = core.createTaskApp({ ...source.config.app, db: source.db, redis: null, log: createLog(run) });
  run.defer(() => app.close());
  const system: CallContext['actor'] = { kind: 'system', reason: describeOperator() };
  const actor = as === undefined ? system : await findActor(app, as);
  const context: CallContext = { actor, ...(idempotencyKey !== undefined && { idempotencyKey }) };
  const services = isTrial ? app.withTransaction(await openTrial(run, source)) : app;
  const operationOf = (id: OperationId) => core.operations.find((operation) => operation.id === id) as NamedOperation;
  return {
    source,
    operationOf,
    call: async (id, input, { ifMatch } = {}) => {
      const ctx = ifMatch === undefined ? context : { ...context, ifMatch: [ifMatch] };
      return (await core.run(services, operationOf(id), ctx, input)) as Record<string, unknown>;
    },
    ...(!source.hasSecrets && { noTokens: NO_SECRETS }),
  };
}

/** A transaction that ends in nothing. */
async function openTrial(run: Run, { db }: OpenDatabase) {
  const trx = await db.transaction();
  run.defer(() => trx.rollback());
  return trx;
}

/** Who runs taskctl, for the log of events. */
export function describeOperator(): string {
  try {
    return `taskctl by ${userInfo().username}`;
  } catch {
    // A user id in a container may have no name.
    return `taskctl by user ${process.getuid?.() ?? 'unknown'}`;
  }
}

async function findActor(app: TaskApp, as: string): Promise<UserActor> {
  const user = await findUser(app, as);
  if (!user) failCli('cli.actor_unknown', `There is no user ${as}`, { hint: 'See `taskctl user list`.' });
  if (user.disabledAt) failCli('cli.actor_unknown', `The account ${as} is locked`);
  return { kind: 'user', userId: user.id, role: user.role };
}

async function findUser(app: TaskApp, as: string) {
  const { isTaskAppError } = await import('@taskapp/core');
  const { users } = app.as({ kind: 'system', reason: 'taskctl --as' });
  try {
    return as.includes('@') ? (await users.list({ email: as })).users[0] : await users.get({ id: as });
  } catch (error) {
    if (isTaskAppError(error) && (error.kind === 'not_found' || error.kind === 'invalid')) return undefined;
    throw error;
  }
}

/** The log of the app, which is only shown with `--debug`. */
function createLog({ reporter }: Run): Logger {
  const at = (level: string) => (message: string, meta?: object) =>
    reporter.debug(`${level}: ${message}${meta ? ` ${inspect(meta, { breakLength: Infinity })}` : ''}`);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
