import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHttpApp } from '@taskapp/http';
import { createTaskClient } from '@taskapp/http/client';
import { createStore, outcomeOf } from '../support/client.ts';
import { answerWith, breakConnection, loseAnswer, serveFaulty } from '../support/http-server.ts';
import { createWorld, PASSWORD } from '../support/world.ts';

let passed = 0;
const { app, db, user } = await createWorld({ now: () => new Date(Date.now() + passed) });
const server = await serveFaulty(createHttpApp(app).callback());

/** Makes every access token that there is too old. */
const expireTokens = (): void => {
  passed += 16 * 60_000;
};

const REFRESH = '/api/auth/refresh';
const renewals = (): number => server.seen.filter(({ url }) => url === REFRESH).length;

/** Keeps the next request to a path waiting for what this returns to be called. */
function hold(path: string): () => void {
  let answer: () => void = () => undefined;
  server.failAt(path, (_request, _response, serve) => {
    answer = serve;
  });
  return () => answer();
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(5);
}

async function signedIn() {
  const account = await user();
  const tokens = createStore({ accessToken: account.accessToken, refreshToken: account.refreshToken });
  server.forget();
  return { ...account, tokens, client: createTaskClient({ url: server.url, tokens }) };
}

describe('renewal', () => {
  test('of 50 calls at once with an expired token is one, and all calls succeed', async () => {
    const { client, tokens, refreshToken } = await signedIn();
    expireTokens();
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.users.me()));
    assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
    assert.equal(renewals(), 1);
    assert.equal(tokens.history.length, 1);
    assert.notEqual(tokens.history[0]?.refreshToken, refreshToken);
  });

  test('keeps the new pair before it is used', async () => {
    const account = await user();
    const sent: (string | null)[] = [];
    const tokens = createStore({ accessToken: account.accessToken, refreshToken: account.refreshToken });
    const client = createTaskClient({
      url: server.url,
      tokens,
      fetch: (url, init) => {
        const token = new Headers(init.headers).get('Authorization');
        if (token !== null) sent.push(token);
        const known = [account.accessToken, tokens.history.at(-1)?.accessToken];
        assert.ok(token === null || known.includes(token.replace('Bearer ', '')));
        return fetch(url, init);
      },
    });
    expireTokens();
    await client.tags.list();
    assert.equal(new Set(sent).size, 2);
  });

  test('survives an answer that is lost, and refusals that pass', async () => {
    const { client, tokens } = await signedIn();
    expireTokens();
    const refused = answerWith(503, { 'Content-Type': 'application/json', 'Retry-After': '0' });
    server.failAt(REFRESH, loseAnswer, refused, breakConnection);
    assert.equal((await client.users.me()).name, 'Ada');
    assert.equal(renewals(), 4);
    expireTokens();
    assert.equal((await client.users.me()).name, 'Ada');
    assert.equal(tokens.history.length, 2);
  });

  test('is not ended by the signal of one of the calls that wait for it', async () => {
    const { client } = await signedIn();
    expireTokens();
    const stop = new AbortController();
    const answer = hold(REFRESH);
    const aborted = outcomeOf(client.users.me({}, { signal: stop.signal }));
    const other = client.tags.list();
    await until(() => renewals() === 1);
    stop.abort();
    assert.equal(await aborted, 'client.aborted');
    answer();
    assert.deepEqual(await other, { tags: [] });
    assert.equal(renewals(), 1);
  });

  test('is not begun again by a call that hears late of the old token', async () => {
    const { client } = await signedIn();
    expireTokens();
    const answer = hold('/api/tags');
    const late = client.tags.list();
    await until(() => server.seen.length === 1);
    await client.users.me();
    answer();
    assert.deepEqual(await late, { tags: [] });
    assert.equal(renewals(), 1);
  });

  test('needs nothing but a refresh token', async () => {
    const { client, tokens } = await signedIn();
    const { refreshToken } = (await tokens.get()) ?? {};
    tokens.kept.set({ refreshToken });
    await Promise.all([client.users.me(), client.tags.list()]);
    assert.equal(renewals(), 1);
    assert.deepEqual(server.seen.map(({ url }) => url).sort(), ['/api/auth/refresh', '/api/tags', '/api/users/me']);
  });

  test('that the server refuses for good ends the session', async () => {
    const { client, tokens, as } = await signedIn();
    await as.auth.logoutAll();
    const codes = await Promise.all([outcomeOf(client.users.me()), outcomeOf(client.tags.list())]);
    assert.deepEqual(codes, ['auth.refresh_invalid', 'auth.refresh_invalid']);
    assert.deepEqual(tokens.history, [undefined]);
    assert.equal(await outcomeOf(client.users.me()), 'auth.token_required');
    assert.equal(renewals(), 1);
  });

  test('that a proxy refuses does not', async () => {
    const { client, tokens } = await signedIn();
    expireTokens();
    server.failAt(REFRESH, answerWith(401));
    assert.equal(await outcomeOf(client.users.me()), 'client.answer_invalid');
    assert.deepEqual(tokens.history, []);
    assert.equal((await client.users.me()).name, 'Ada');
  });
});

describe('clients that share a store', () => {
  test('renew together and log each other out never', async () => {
    const { tokens, client } = await signedIn();
    const clients = [client, ...Array.from({ length: 4 }, () => createTaskClient({ url: server.url, tokens }))];
    for (let round = 0; round < 3; round += 1) {
      expireTokens();
      const calls = clients.flatMap((one) => [one.users.me(), one.tags.list()]);
      assert.deepEqual(await Promise.all(calls.map(outcomeOf)), Array(10).fill('ok'));
    }
    assert.deepEqual(await db('taskapp.sessions').where('revoke_reason', 'refresh_reuse'), []);
  });

  test('take over what another one has renewed long ago', async () => {
    const { tokens, client } = await signedIn();
    const other = createTaskClient({ url: server.url, tokens });
    await client.users.me();
    expireTokens();
    await other.users.me();
    // Past the grace period of the server.
    await db('taskapp.sessions').update({ rotated_at: db.raw("rotated_at - interval '1 hour'") });
    await client.users.me();
    assert.equal(renewals(), 1);
  });

  test('do not end a session because an earlier one is over', async () => {
    const { tokens, client, as, email } = await signedIn();
    const other = createTaskClient({ url: server.url, tokens });
    expireTokens();
    const answer = hold(REFRESH);
    const call = client.users.me();
    await until(() => renewals() === 1);
    await as.auth.logoutAll();
    await other.auth.login({ email, password: PASSWORD });
    answer();
    assert.equal((await call).name, 'Ada');
    assert.equal(tokens.history.length, 1);
  });

  test('do not put older tokens in the place of newer ones', async () => {
    const { tokens, client } = await signedIn();
    const other = createTaskClient({ url: server.url, tokens });
    expireTokens();
    const answer = hold(REFRESH);
    const slow = client.users.me();
    await until(() => renewals() === 1);
    await other.users.me();
    const newer = await tokens.get();
    answer();
    assert.equal((await slow).name, 'Ada');
    assert.deepEqual(await tokens.get(), newer);
  });
});

describe('signing in and out', () => {
  test('keeps the tokens, and clears them', async () => {
    const { email } = await user();
    const tokens = createStore();
    const client = createTaskClient({ url: server.url, tokens });
    assert.equal(await outcomeOf(client.users.me()), 'auth.token_required');
    const { user: account } = await client.auth.login({ email, password: PASSWORD });
    assert.equal((await client.users.me()).id, account.id);
    await client.auth.changePassword({ currentPassword: PASSWORD, newPassword: 'Password456' });
    assert.equal(tokens.history.length, 2);
    const before = await tokens.get();
    await client.auth.logout();
    assert.equal(await tokens.get(), undefined);
    const late = createTaskClient({ url: server.url, token: before?.accessToken });
    assert.equal(await outcomeOf(late.users.me()), 'auth.token_invalid');
  });

  test('ends a session whose access token has expired, without renewing it first', async () => {
    const { client, tokens, id } = await signedIn();
    expireTokens();
    await client.auth.logout();
    assert.equal(renewals(), 0);
    assert.deepEqual(tokens.history, [undefined]);
    const live = await db('taskapp.sessions').where({ user_id: id, revoked_at: null });
    assert.deepEqual(live, []);
  });

  test('a renewal that ends later does not sign in again', async () => {
    const { client, tokens } = await signedIn();
    expireTokens();
    const answer = hold(REFRESH);
    const call = outcomeOf(client.users.me());
    await until(() => renewals() === 1);
    await client.auth.logout();
    answer();
    assert.match(await call, /^auth\./);
    assert.equal(await tokens.get(), undefined);
  });

  test('that fails for want of a server leaves the tokens, to try it again', async () => {
    const { client, tokens } = await signedIn();
    server.fail(...Array(4).fill(answerWith(503, { 'Retry-After': '0' })));
    assert.equal(await outcomeOf(client.auth.logout()), 'client.answer_invalid');
    assert.deepEqual(tokens.history, []);
    await client.auth.logout();
    assert.deepEqual(tokens.history, [undefined]);
  });
});
