import type { Knex } from 'knex';
import { migrationConfig } from './packages/core/src/migrations.ts';

/** For the `knex` command: `npm run knex -- migrate:status`. Applications call `migrate(db)` or `taskctl db migrate`. */
const config: Knex.Config = {
  client: 'pg',
  connection: process.env.DATABASE_DIRECT_URL ?? process.env.DATABASE_URL ?? '',
  migrations: { ...migrationConfig },
};

export default config;
