import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Logger, type MigrationStatus, migrate, migrationStatus } from '@taskapp/core';
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

/**
 * Waits for PostgreSQL and sees to it that its schema fits: applies what is missing where that is wanted.
 *
 * @throws StartError when PostgreSQL does not come, refuses us, or lacks migrations
 */
export async function prepareDatabase(start: DatabaseStart): Promise<void> {
  const { pending } = await waitForStatus(start);
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

async function waitForStatus({ db, log, waitMs, signal }: DatabaseStart): Promise<MigrationStatus> {
  const deadline = performance.now() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw startError('server.interrupted', 'The start was interrupted');
    try {
      return await migrationStatus(db);
    } catch (error) {
      const code = sqlStateOf(error);
      if (REFUSED.test(code))
        throw startError(
          'server.database_refused',
          `PostgreSQL refuses the connection (${code}): check DATABASE_URL`,
          error,
        );
      if (performance.now() > deadline)
        throw startError('server.database_unavailable', 'PostgreSQL cannot be reached: check DATABASE_URL', error);
      if (attempt === 1) log.warn('Waiting for PostgreSQL', { error });
      await sleep(RETRY_MS, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    }
  }
}

/** The first code along the chain of causes that is one of PostgreSQL's or of the network's. */
function sqlStateOf(error: unknown): string {
  const { code, cause, nativeError } = (error ?? {}) as { code?: unknown; cause?: unknown; nativeError?: unknown };
  const inner = cause ?? nativeError;
  if (inner !== undefined) return sqlStateOf(inner);
  return typeof code === 'string' ? code : '';
}
