import type { ConnectOptions } from '@taskapp/core';
import type { Knex } from 'knex';
import { failCli } from '../failures.ts';
import type { Run } from '../terminal/run.ts';
import { openSource, type Purpose, type Source } from './source.ts';

const POOL_MAX = 4;

/** A database that answers. */
export interface OpenDatabase extends Source {
  readonly db: Knex;
}

/** Connects, at the first query; closed at the end of the run. */
export async function openPool(run: Run, url: string, options: ConnectOptions = {}): Promise<Knex> {
  const { connect } = await import('@taskapp/core');
  const { debug } = run.reporter;
  const log = { debug, info: debug, warn: debug, error: debug };
  const db = connect(url, { poolMax: POOL_MAX, applicationName: 'taskctl', log, ...options });
  run.defer(() => db.destroy());
  return db;
}

/** Connects to a database that answers, and brings an embedded one up to date before operations. */
export async function openDatabase(run: Run, purpose: Exclude<Purpose, 'server'>): Promise<OpenDatabase> {
  const source = await openSource(run, purpose);
  const { url, directUrl, pooler, prepared } = source.config.database;
  const isMaintenance = purpose === 'maintenance';
  const target = isMaintenance || pooler ? directUrl : url;
  const db = await openPool(run, target, { prepared, ...(isMaintenance && { statementTimeoutMs: 0 }) });
  await db.raw('select 1').catch(failUnreachable);
  if (source.directory && !isMaintenance) await migrateAlways(db);
  return { ...source, db };
}

async function migrateAlways(db: Knex): Promise<void> {
  const { migrate } = await import('@taskapp/core');
  await migrate(db);
}

function failUnreachable(error: unknown): never {
  failCli('database.unavailable', `PostgreSQL cannot be reached: ${reasonOf(error)}`, {
    hint: 'Check DATABASE_URL; `taskctl doctor` tells more.',
    cause: error,
  });
}

/** What the driver says; Node leaves the message empty when several addresses of a host refuse. */
export function reasonOf(error: unknown): string {
  const { message = '', code = '', name = '' } = error as { message?: string; code?: string; name?: string };
  if (name === 'KnexTimeoutError') return 'no answer in time';
  if (message.includes('unsupported startup parameter')) return 'a pooler answers: see DATABASE_POOLER';
  return message.replace(/^select 1 - /, '') || code || String(error);
}
