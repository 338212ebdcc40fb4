// The reference `floor`: nothing between node:http and the drivers. Checks the token and a rate limit, caches lists in
// Redis, runs named statements. No validation beyond what it needs, no log, no headers, no errors to speak of.

import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';
import { CACHE_SECONDS, listKey, listKeys, RATE_WINDOW_MS, sql } from './plain-sql.ts';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const redis = new Redis(process.env.REDIS_URL ?? '', { enableAutoPipelining: true });
const key = createSecretKey(Buffer.from(process.env.JWT_ACCESS_SECRET ?? ''));
const limit = Number(process.env.RATE_LIMIT_USER_MAX);

const run = (name: keyof typeof sql, values: unknown[]) => pool.query({ name, text: sql[name], values });

function verify(token: string): string | undefined {
  const [head = '', body = '', signature = ''] = token.split('.');
  const expected = createHmac('sha256', key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(body, 'base64url').toString());
  return exp > Date.now() / 1000 ? sub : undefined;
}

async function isAllowed(userId: string): Promise<boolean> {
  const bucket = `plain:rate:${userId}`;
  const used = await redis.incr(bucket);
  if (used === 1) await redis.pexpire(bucket, RATE_WINDOW_MS);
  return used <= limit;
}

async function list(userId: string, search: URLSearchParams): Promise<string> {
  const [page, size] = [Number(search.get('page') ?? 1), Number(search.get('limit') ?? 20)];
  const cacheKey = listKey(userId, page, size);
  const cached = await redis.get(cacheKey);
  if (cached) return cached;
  const [{ rows: tasks }, { rows }] = await Promise.all([
    run('list', [userId, size, (page - 1) * size]),
    run('count', [userId]),
  ]);
  const { total } = rows[0];
  const pagination = { page, limit: size, total, totalPages: Math.ceil(total / size) };
  const json = JSON.stringify({ tasks, pagination });
  await Promise.all([redis.set(cacheKey, json, 'EX', CACHE_SECONDS), redis.sadd(listKeys(userId), cacheKey)]);
  return json;
}

async function forget(userId: string): Promise<void> {
  const keys = await redis.smembers(listKeys(userId));
  if (keys.length > 0) await redis.del(...keys, listKeys(userId));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function answer(request: IncomingMessage): Promise<[status: number, json: string]> {
  const userId = verify((request.headers.authorization ?? '').slice(7));
  if (!userId) return [401, '{}'];
  if (!(await isAllowed(userId))) return [429, '{}'];
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const id = pathname.split('/')[3];
  if (request.method === 'GET' && !id) return [200, await list(userId, searchParams)];
  if (request.method === 'GET') {
    const { rows } = await run('get', [id]);
    return rows[0]?.userId === userId ? [200, JSON.stringify(rows[0])] : [404, '{}'];
  }
  const body = await readBody(request);
  const { title, description, status, priority, dueDate } = body;
  const { rows } = id
    ? await run('update', [id, userId, title, status])
    : await run('create', [userId, title, description, status, priority, dueDate]);
  await forget(userId);
  return [id ? 200 : 201, JSON.stringify(rows[0])];
}

const send = (response: ServerResponse, status: number, json: string) =>
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) })
    .end(json);

createServer((request, response) => {
  answer(request).then(
    ([status, json]) => send(response, status, json),
    () => send(response, 500, '{}'),
  );
}).listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
