import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTaskApp, migrate } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import knex from 'knex';
import { createTables, createUsers, join, signIn, type Welcome } from './club.ts';

const connection = process.env.DATABASE_URL ?? '';
if (connection === '') throw new Error('Set DATABASE_URL to an empty PostgreSQL database');
const db = knex({ client: 'pg', connection });
await createTables(db);
await migrate(db);

// No secrets: there are no passwords and no tokens but the club's own.
const app = createTaskApp({ db, redis: null, users: createUsers(db) });
const server = createServer(createHttpApp(app).callback()).listen(0, '127.0.0.1');
await once(server, 'listening');
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;

const welcome: Welcome = (trx, userId) =>
  app.withTransaction(trx).as({ kind: 'user', userId, role: 'USER' }).tasks.create({ title: 'Pay the fee' });

interface Body {
  readonly id: string;
  readonly userId: string;
  readonly pagination: { readonly total: number };
}

/** Calls the API with the cookie of a member. */
async function call(cookie: string, path: string, body?: object) {
  const headers = { Cookie: cookie, 'Content-Type': 'application/json' };
  const answer = await fetch(api + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  return { status: answer.status, body: (await answer.json()) as Body };
}

// A member and their first task are made together, or not at all.
const failed = db.transaction(async (trx) => {
  await join(trx, 'Nobody', welcome);
  throw new Error('The treasurer says no');
});
await assert.rejects(failed, /treasurer/);
const adaId = await db.transaction((trx) => join(trx, 'Ada', welcome));
const graceId = await db.transaction((trx) => join(trx, 'Grace', welcome));
assert.equal((await db('taskapp.users')).length, 2);

// The cookie of the club opens the API; tasks are signed with the numbers that members have there.
const [ada, grace] = [await signIn(db, adaId), await signIn(db, graceId)];
const made = await call(ada, '/tasks', { title: 'Varnish the boat' });
assert.deepEqual([made.status, made.body.userId], [201, String(adaId)]);
assert.equal((await call(ada, '/tasks')).body.pagination.total, 2);
assert.equal((await call(grace, `/tasks/${made.body.id}`)).status, 403);
assert.equal((await call('', '/tasks')).status, 401);
assert.equal((await call(ada, '/auth/login', {})).status, 404);

// Who is on the board, and who has left, is what the club says at this moment.
assert.equal((await call(grace, '/events')).status, 403);
await db('members').where('id', graceId).update({ on_the_board: true });
assert.equal((await call(grace, '/events')).status, 200);
await db('members').where('id', adaId).update({ left_at: db.fn.now() });
assert.equal((await call(ada, '/tasks')).status, 401);

// Forgotten with the member, in one transaction.
await db.transaction(async (trx) => {
  await trx('members').where('id', adaId).delete();
  await app.withTransaction(trx).forgetUser({ kind: 'system', reason: 'left the club' }, String(adaId));
});
assert.deepEqual(await db('taskapp.users').pluck('external_id'), [String(graceId)]);

server.close();
await app.close();
await db.destroy();
console.log('Members of the club work with tasks: its cookie, its numbers, its transactions.');
