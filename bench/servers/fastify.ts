// The reference `fastify`: what a careful team writes by hand on the fastest framework: @fastify/jwt, @fastify/rate-limit
// over Redis, schemas for input and output, SQL over node-postgres, lists cached in Redis. No log.

import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import { fastify } from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { CACHE_SECONDS, listKey, listKeys, RATE_WINDOW_MS, sql } from './plain-sql.ts';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const redis = new Redis(process.env.REDIS_URL ?? '');
const app = fastify();

const nullable = { type: ['string', 'null'] } as const;
const text = { type: 'string' } as const;
const tag = { type: 'object', properties: { id: text, name: text, color: text } } as const;
const time = { type: 'string', format: 'date-time' } as const;
const task = {
  type: 'object',
  properties: {
    id: text,
    title: text,
    description: nullable,
    status: text,
    priority: text,
    dueDate: { ...time, nullable: true },
    completedAt: { ...time, nullable: true },
    userId: text,
    createdAt: time,
    updatedAt: time,
    tags: { type: 'array', items: tag },
  },
} as const;
const fields = {
  title: { type: 'string', minLength: 1, maxLength: 200 },
  description: { type: ['string', 'null'], maxLength: 5000 },
  status: { enum: ['TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED'] },
  priority: { enum: ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] },
  dueDate: { ...time, nullable: true },
} as const;
const params = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } } as const;
const querystring = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1, default: 1 },
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
  },
} as const;

interface Fields {
  readonly title?: string;
  readonly description?: string;
  readonly status?: string;
  readonly priority?: string;
  readonly dueDate?: string;
}

await app.register(jwt, { secret: process.env.JWT_ACCESS_SECRET ?? '' });
app.addHook('onRequest', (request) => request.jwtVerify());
await app.register(rateLimit, {
  max: Number(process.env.RATE_LIMIT_USER_MAX),
  timeWindow: RATE_WINDOW_MS,
  redis,
  hook: 'preHandler',
  keyGenerator: (request) => (request.user as { sub: string }).sub,
});
const userOf = (request: { user: unknown }) => (request.user as { sub: string }).sub;

const forget = async (userId: string) => {
  const keys = await redis.smembers(listKeys(userId));
  if (keys.length > 0) await redis.del(...keys, listKeys(userId));
};

app.get<{ Querystring: { page: number; limit: number } }>(
  '/api/tasks',
  { schema: { querystring } },
  async (request, reply) => {
    const { page, limit } = request.query;
    const userId = userOf(request);
    const key = listKey(userId, page, limit);
    reply.type('application/json');
    const cached = await redis.get(key);
    if (cached) return cached;
    const [tasks, count] = await Promise.all([
      pool.query(sql.list, [userId, limit, (page - 1) * limit]),
      pool.query(sql.count, [userId]),
    ]);
    const { total } = count.rows[0];
    const pagination = { page, limit, total, totalPages: Math.ceil(total / limit) };
    const json = JSON.stringify({ tasks: tasks.rows, pagination });
    await redis.multi().set(key, json, 'EX', CACHE_SECONDS).sadd(listKeys(userId), key).exec();
    return json;
  },
);

app.get<{ Params: { id: string } }>(
  '/api/tasks/:id',
  { schema: { params, response: { 200: task } } },
  async (request, reply) => {
    const { rows } = await pool.query(sql.get, [request.params.id]);
    if (!rows[0]) return reply.code(404).send({ message: 'Task not found' });
    if (rows[0].userId !== userOf(request)) return reply.code(403).send({ message: 'Not yours' });
    return rows[0];
  },
);

const creation = { type: 'object', required: ['title'], properties: fields, additionalProperties: false } as const;
app.post<{ Body: Fields }>(
  '/api/tasks',
  { schema: { body: creation, response: { 201: task } } },
  async (request, reply) => {
    const { title, description, status, priority, dueDate } = request.body;
    const userId = userOf(request);
    const { rows } = await pool.query(sql.create, [userId, title, description, status, priority, dueDate]);
    await forget(userId);
    return reply.code(201).send(rows[0]);
  },
);

const change = { type: 'object', properties: fields, additionalProperties: false } as const;
app.patch<{ Params: { id: string }; Body: Fields }>(
  '/api/tasks/:id',
  { schema: { params, body: change, response: { 200: task } } },
  async (request, reply) => {
    const { title, status } = request.body;
    const userId = userOf(request);
    const { rows } = await pool.query(sql.update, [request.params.id, userId, title, status]);
    if (!rows[0]) return reply.code(404).send({ message: 'Task not found' });
    await forget(userId);
    return rows[0];
  },
);

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.send?.('ready');
