import type { Knex } from 'knex';
import { ConstraintViolationError, Model, snakeCaseMappers } from 'objection';
import { type ErrorSpec, fail } from './errors.ts';

/** A pool or a transaction; services cannot tell the difference. */
export type Db = Knex | Knex.Transaction;

/**
 * Base of all models. Never bound to a global Knex: every query names its connection, `Task.query(db)`, and
 * Objection throws when one forgets. Columns are mapped here, so that the host's Knex may map them or not.
 */
export class BaseModel extends Model {
  static override columnNameMappers = snakeCaseMappers();
  /** Properties that are points in time, also where the host's driver returns them as strings. */
  static dates: readonly string[] = [];
  /** Properties that are whole numbers, also where the driver returns them as strings (bigint). */
  static numbers: readonly string[] = [];

  override $parseDatabaseJson(json: Record<string, unknown>) {
    const parsed = super.$parseDatabaseJson(json);
    const { dates, numbers } = this.constructor as typeof BaseModel;
    for (const name of dates) if (typeof parsed[name] === 'string') parsed[name] = new Date(parsed[name]);
    for (const name of numbers) if (name in parsed && parsed[name] !== null) parsed[name] = Number(parsed[name]);
    return parsed;
  }
}

/** `for update of` one table of a join: Objection passes the name on, its types do not know it. */
export const lockRowsOf = <Q extends { forUpdate(): Q }>(query: Q, alias: string): Q =>
  (query.forUpdate as (table: string) => Q).call(query, alias);

/** Gives a violated constraint its meaning; every other error passes through. */
export const onConstraint =
  (meanings: Readonly<Record<string, ErrorSpec>>) =>
  (error: unknown): never => {
    const { constraint } = error as { constraint?: string };
    const named = error instanceof ConstraintViolationError || typeof constraint === 'string';
    const spec = named && constraint ? meanings[constraint] : undefined;
    if (spec) fail(spec, { cause: error });
    throw error;
  };
