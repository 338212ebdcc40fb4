import pg from 'pg';
import { CANARY } from './log-capture.ts';

interface Statement {
  readonly text?: string;
}

type Query = (this: pg.Client, statement: string | Statement, ...rest: unknown[]) => unknown;

/** Values travel as parameters: reports every statement of this process that has anything of what requests carry. */
export function watchStatements(problems: string[]): void {
  const client = pg.Client.prototype as unknown as { query: Query };
  const { query } = client;
  const isTold = new RegExp(CANARY, 'i');
  client.query = function watched(statement, ...rest) {
    const text = typeof statement === 'string' ? statement : (statement.text ?? '');
    if (isTold.test(text)) problems.push(`a value stands in a statement: ${text.slice(0, 200)}`);
    return query.call(this, statement, ...rest);
  };
}
