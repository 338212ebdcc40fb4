import { createTaskApp } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import knex from 'knex';

const { DATABASE_URL = '', JWT_ACCESS_SECRET = '', JWT_REFRESH_SECRET = '' } = process.env;

/** In a Next app this is `lib/tasks.ts`: server components and actions call `app.as(actor).tasks` of it directly. */
export const db = knex({ client: 'pg', connection: DATABASE_URL });
export const app = createTaskApp({
  db,
  redis: null,
  secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET },
});

/** Next tells the address of a client in `X-Forwarded-For`; count one hop more for each proxy in front of it. */
export const http = createHttpApp(app, { trustProxy: 1 });
