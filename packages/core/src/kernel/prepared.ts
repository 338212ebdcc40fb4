/** A query as Knex hands it to the driver `pg`. */
interface QueryConfig {
  readonly text: string;
  readonly values: readonly unknown[];
  name?: string;
}

/** Gives statements names, so that a connection parses and plans each of them once. */
export interface StatementNames {
  /** Names a statement with parameters; the others, and those that have a name, stay as they are. */
  assign(query: unknown): void;
  /**
   * True if `error` says that the plan of `query` no longer fits the tables; every statement is planned anew then, and
   * the query, which was not carried out, has lost its name.
   */
  isOutdated(error: unknown, query: unknown): boolean;
}

/** More texts than an app has; beyond it statements stay without a name, so that no connection keeps too many plans. */
const MAX_NAMES = 500;
const PLAN_OUTDATED = '0A000';

/** Names for the connections of one pool: the same text has the same name on each of them. */
export function createStatementNames(): StatementNames {
  let generation = 0;
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const known = numbers.get(text);
    if (known !== undefined || numbers.size >= MAX_NAMES) return known;
    numbers.set(text, numbers.size);
    return numbers.size - 1;
  };
  return {
    assign(query) {
      const config = query as QueryConfig | string;
      if (typeof config === 'string' || !config.values?.length || config.name !== undefined) return;
      const number = numberOf(config.text);
      if (number !== undefined) config.name = `taskapp_${generation}_${number}`;
    },
    isOutdated(error, query) {
      const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
      if (code !== PLAN_OUTDATED || !message.includes('cached plan')) return false;
      generation += 1;
      delete (query as QueryConfig).name;
      return true;
    },
  };
}
