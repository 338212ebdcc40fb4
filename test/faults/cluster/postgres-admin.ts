import pg from 'pg';

/** Runs single statements as superuser of the server on `port`, each on a connection of its own. */
export const createAdmin =
  (port: number) =>
  async <T extends pg.QueryResultRow>(sql: string, values: unknown[] = [], database = 'app'): Promise<T[]> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database });
    client.on('error', () => undefined);
    await client.connect();
    return client
      .query<T>(sql, values)
      .then(({ rows }) => rows)
      .finally(() => client.end());
  };
