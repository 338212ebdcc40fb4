// The server with some of the layers of its cache of lists, which nobody can choose in production: LAYERS names them.

import { connect, createTaskApp } from '@taskapp/core';
import { createHttpApp, createMetrics } from '@taskapp/http';
import { Redis } from 'ioredis';

const {
  DATABASE_URL = '',
  REDIS_URL = '',
  LAYERS = '',
  PORT,
  JWT_ACCESS_SECRET = '',
  JWT_REFRESH_SECRET = '',
} = process.env;
const limit = Number(process.env.RATE_LIMIT_USER_MAX);
const has = (layer: string) => LAYERS.split(' ').includes(layer);
/** Smaller than any page. */
const NOTHING = 1;

const metrics = createMetrics();
const app = createTaskApp({
  db: connect(DATABASE_URL),
  redis: {
    limits: new Redis(REDIS_URL),
    // One that never connects is passed over at once.
    cache: new Redis(REDIS_URL, { enableAutoPipelining: true, lazyConnect: !has('redis') }),
  },
  secrets: { access: JWT_ACCESS_SECRET, refresh: JWT_REFRESH_SECRET },
  rateLimit: { ip: limit, user: limit, login: limit },
  cache: LAYERS !== '' && (has('process') ? {} : { maxBytes: NOTHING }),
  count: metrics.count,
});
createHttpApp(app, { metrics }).listen(Number(PORT), '127.0.0.1', () => process.send?.('ready'));
