import assert from 'node:assert/strict';
import { migrate } from '@taskapp/core';
import { DELETE, GET, HEAD, POST, PUT } from './route.ts';
import { app, db } from './tasks.ts';

const route = { DELETE, GET, HEAD, POST, PUT };

/** Calls the route file as Next does: with a Request and the parameters of its path. */
function send(method: keyof typeof route, path: string, { token, body }: { token?: string; body?: object } = {}) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const request = new Request(`http://localhost:3000/api/tasks-api${path}`, init);
  return route[method](request, { params: Promise.resolve({ path: path.split('/').slice(1) }) });
}

await migrate(db);
const person = { email: 'ada@example.com', password: 'Password123', name: 'Ada' };
const { accessToken: token } = (await (await send('POST', '/api/auth/register', { body: person })).json()) as {
  accessToken: string;
};
const made = await send('POST', '/api/tasks', { token, body: { title: 'Buy milk' } });
assert.equal(made.status, 201);
const { id } = (await made.json()) as { id: string };

const listed = (await (await send('GET', '/api/tasks', { token })).json()) as { tasks: { id: string }[] };
assert.deepEqual(
  listed.tasks.map((task) => task.id),
  [id],
);
assert.equal((await send('HEAD', `/api/tasks/${id}`, { token })).body, null);
const refused = await send('PUT', '/api/tasks', { token });
assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'HEAD, GET, POST, OPTIONS']);
assert.equal((await send('DELETE', `/api/tasks/${id}`, { token })).status, 204);

await app.close();
await db.destroy();
console.log('Signed up, made a task, listed and deleted it, through the route file alone.');
