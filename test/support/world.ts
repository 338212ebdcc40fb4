import { randomBytes, randomUUID } from 'node:crypto';
import { createTaskApp, type Role, type SystemActor, type TaskAppOptions } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import supertest from 'supertest';
import { atEnd } from './cleanup.ts';
import { testDatabase } from './database.ts';
import { testRedis } from './redis.ts';

/** Secrets as an operator would make them; nothing in a test depends on their value. */
export const secrets = () => ({ access: randomBytes(32).toString('hex'), refresh: randomBytes(32).toString('hex') });

export const PASSWORD = 'Password123';

/** For tests that sign in more often than people do. */
export const UNTHROTTLED = { perAccountAndIp: 100_000, perIp: 100_000, freeFailures: 100_000, perDay: 100_000 };

type WorldOptions = Partial<Omit<TaskAppOptions, 'db'>> & { readonly http?: Parameters<typeof createHttpApp>[1] };

/** Everything a test needs, real: database, Redis, app, HTTP. Each test makes its own users. */
export async function createWorld({ http: httpOptions, ...options }: WorldOptions = {}) {
  const { db, url } = await testDatabase();
  const redis = options.redis === undefined ? testRedis() : options.redis;
  const app = createTaskApp({
    secrets: secrets(),
    passwords: { cost: 4 },
    rateLimit: { ip: 100_000, user: 100_000, login: 100_000 },
    ...options,
    db,
    redis,
  });
  atEnd(app.close);
  const http = supertest(createHttpApp(app, httpOptions).callback());
  return { app, db, url, redis: redis as Redis, http, user: createUserFactory(app, db), system: SYSTEM };
}

export const SYSTEM: SystemActor = { kind: 'system', reason: 'test' };

export type World = Awaited<ReturnType<typeof createWorld>>;
export type TestUser = Awaited<ReturnType<World['user']>>;

/** Makes registered users: with tokens for HTTP and an actor for the library. */
function createUserFactory(app: ReturnType<typeof createTaskApp>, db: Knex) {
  return async ({ role = 'USER', name = 'Ada' }: { role?: Role; name?: string } = {}) => {
    const email = `user-${randomUUID()}@example.com`;
    const { user, accessToken, refreshToken } = await app.auth.register({}, { email, password: PASSWORD, name });
    if (role === 'ADMIN') await db('taskapp.users').where('id', user.id).update({ role });
    const { actor } = await app.access.authenticate(app.access.verify(accessToken));
    const bearer = `Bearer ${accessToken}`;
    return { ...user, role, email, password: PASSWORD, accessToken, refreshToken, bearer, actor, as: app.as(actor) };
  };
}
