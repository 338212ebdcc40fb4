import { type Session, untilUnblocked } from './migration-lock.ts';

interface Preparation {
  prepare(run: (sql: string) => ReturnType<Session['query']>): Promise<void>;
}

/** An index takes as long as its table is large: an answer after hours is no sign of a dead network. */
const PATIENCE_MS = 86_400_000;

const canPrepare = (migration: object): migration is Preparation => 'prepare' in migration;

/**
 * Lets migrations build indexes on tables with rows while others write, which no transaction can. What it makes is of
 * no consequence until the migration runs; broken off, it is made again.
 * @throws migration.blocked
 */
export async function prepareMigrations(session: Session, migrations: readonly object[]): Promise<void> {
  // Whoever waits here holds up nobody.
  await session.query(`set statement_timeout = 0; set lock_timeout = '30s'`);
  for (const migration of migrations.filter(canPrepare)) {
    const run = (text: string) => session.query({ text, query_timeout: PATIENCE_MS });
    await untilUnblocked(() => migration.prepare(run));
  }
}
