import { setTimeout as sleep } from 'node:timers/promises';
import { connect, findMissingLimits, type Logger, type MigrationStatus, migrate, migrationStatus } from '@taskapp/core';
import type { Knex } from 'knex';
import type { Config } from './config.structure.ts';
import { startError } from './start-errors.ts';

export interface DatabaseStart {
  readonly db: Knex;
  readonly config: Config['database'];
  readonly log: Logger;
  /** How long PostgreSQL may be absent. */
  readonly waitMs: number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined;
}

const RETRY_MS = 1000;
/** Wrong credentials, no such database: waiting does not help. */
const REFUSED = /^(28|3D000)/;
/** PgBouncer's answer to time limits. */
const UNSUPPORTED = /^unsupported startup parameter/;

/**
 * Waits for PostgreSQL and sees to it that it ends what takes too long and that its schema fits: applies what is
 * missing where that is wanted.
 *
 * @throws StartError when PostgreSQL does not come, refuses us, or lacks time limits or migrations
 */
export async function prepareDatabase(start: DatabaseStart): Promise<void> {
  const { pending } = await waitForStatus(start);
  await assertLimits(start.db);
  if (pending.length === 0) return;
  if (!start.config.autoMigrate) {
    const message = `The database lacks ${pending.length} migrations: run \`taskctl db migrate\` or set AUTO_MIGRATE=true`;
    throw startError('server.schema_outdated', message);
  }
  start.log.info('Migrating the database', { pending });
  const direct = connect(start.config.directUrl, {
    poolMax: 2,
    applicationName: 'taskapp-migrate',
    statementTimeoutMs: 0,
  });
  await migrate(direct).finally(() => direct.destroy());
}

/** Behind a pooler they are the role's, so nothing but a look tells whether they are there. */
async function assertLimits(db: Knex): Promise<void> {
  const missing = await findMissingLimits(db);
  if (missing.length === 0) return;
  const message = `The time limits are not in force behind the pooler: run \`${missing.join('; ')}\`, then RECONNECT in it`;
  throw startError('server.time_limits_missing', message);
}

async function waitForStatus({ db, log, waitMs, signal }: DatabaseStart): Promise<MigrationStatus> {
  const deadline = performance.now() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw startError('server.interrupted', 'The start was interrupted');
    try {
      return await migrationStatus(db);
    } catch (error) {
      assertWelcome(error);
      if (performance.now() > deadline)
        throw startError('server.database_unavailable', 'PostgreSQL cannot be reached: check DATABASE_URL', error);
      if (attempt === 1) log.warn('Waiting for PostgreSQL', { error });
      await sleep(RETRY_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    }
  }
}

function assertWelcome(error: unknown): void {
  const { code, message } = innermostOf(error);
  const refusal = (text: string) => startError('server.database_refused', text, error);
  if (REFUSED.test(code)) throw refusal(`PostgreSQL refuses the connection (${code}): check DATABASE_URL`);
  if (UNSUPPORTED.test(message)) throw refusal('DATABASE_URL leads to a pooler: set DATABASE_POOLER=true');
}

interface Reason {
  readonly code: string;
  readonly message: string;
}

/** What PostgreSQL or the network said, at the end of the chain of causes. */
function innermostOf(error: unknown): Reason {
  const { cause, nativeError, code, message = '' } = (error ?? {}) as Partial<Record<string, unknown>>;
  const inner = cause ?? nativeError;
  if (inner !== undefined) return innermostOf(inner);
  return { code: typeof code === 'string' ? code : '', message: String(message) };
}
