import assert from 'node:assert/strict';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { createTaskApp, type TaskAppOptions } from '@taskapp/core';
import { atEnd } from '../support/cleanup.ts';
import { codeOf, refused } from '../support/factories.ts';
import { createWorld, PASSWORD, SYSTEM, secrets, type TestUser, type World } from '../support/world.ts';

type Claims = Record<string, unknown>;

let world: World;
let clock = new Date();
const keys = secrets();
before(async () => {
  world = await createWorld({ secrets: keys, now: () => clock });
});

const appWith = (options: Partial<TaskAppOptions>) => {
  const { db, redis } = world;
  const app = createTaskApp({ db, redis, secrets: keys, passwords: { cost: 4 }, ...options });
  atEnd(app.close);
  return app;
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (token: string, part: 0 | 1): Claims =>
  JSON.parse(Buffer.from(token.split('.')[part]!, 'base64url').toString());
const kidOf = (secret: string) => createHash('sha256').update(`taskapp kid ${secret}`).digest('base64url').slice(0, 8);
function sign(header: Claims, payload: unknown, secret = keys.access, hash = 'sha256') {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
}
/** Signs a header that is no value of JavaScript. */
function signText(text: string) {
  const body = `${Buffer.from(text).toString('base64url')}.${encode(payload())}`;
  return `${body}.${createHmac('sha256', keys.access).update(body).digest('base64url')}`;
}
const header = { alg: 'HS256', typ: 'at+jwt', kid: kidOf(keys.access) };
const seconds = () => Math.floor(clock.getTime() / 1000);
const payload = (changes: Claims = {}) => {
  const ids = { sub: randomUUID(), sid: randomUUID() };
  return { ...ids, iss: 'taskapp', aud: 'taskapp', iat: seconds(), exp: seconds() + 60, ...changes };
};
const verdict = (token: string) => {
  try {
    return typeof world.app.access.verify(token).userId;
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
};

test('a token says who it is for, and is what this test can sign as well', async () => {
  const { id, accessToken, refreshToken, actor } = await world.user();
  assert.deepEqual(world.app.access.verify(accessToken), { userId: id, sessionId: actor.sessionId });
  assert.deepEqual(decode(accessToken, 0), header);
  const { jti, iat, exp, ...claims } = decode(accessToken, 1);
  const role = 'USER';
  assert.deepEqual(claims, { sub: id, userId: id, role, sid: actor.sessionId, iss: 'taskapp', aud: 'taskapp' });
  assert.deepEqual([typeof jti, Number(exp) - Number(iat)], ['string', 900]);
  assert.equal(decode(refreshToken, 1).aud, 'taskapp#refresh');
  assert.equal(verdict(sign(header, payload())), 'string');
  assert.equal(verdict(sign(header, payload({ iat: seconds() + 30 }))), 'string', 'clocks differ a little');
});

test('a token that differs in anything that is pinned is refused', async () => {
  const good = sign(header, payload());
  const [head, body, signature] = good.split('.') as [string, string, string];
  const without = (name: string) => Object.fromEntries(Object.entries(payload()).filter(([key]) => key !== name));
  const withHeader = (changes: Claims) => sign({ ...header, ...changes }, payload());
  const forged: Record<string, string> = {
    empty: '',
    words: 'not a token',
    'two parts': `${head}.${body}`,
    'four parts': `${good}.x`,
    'no signature': `${head}.${body}.`,
    'padded signature': `${good}=`,
    none: `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'none, unsigned': `${encode({ ...header, alg: 'none' })}.${body}.x`,
    HS512: sign({ ...header, alg: 'HS512' }, payload(), keys.access, 'sha512'),
    'HS512 named HS256': sign(header, payload(), keys.access, 'sha512'),
    'other key': sign(header, payload(), secrets().access),
    'unknown kid': withHeader({ kid: kidOf(secrets().access) }),
    'no kid': sign({ alg: 'HS256', typ: 'at+jwt' }, payload()),
    'refresh type': withHeader({ typ: 'rt+jwt' }),
    'plain type': withHeader({ typ: 'JWT' }),
    'extra header': withHeader({ crit: ['exp'] }),
    'key in header': withHeader({ jwk: { kty: 'oct', k: 'AAAA' } }),
    'other issuer': sign(header, payload({ iss: 'other' })),
    'other audience': sign(header, payload({ aud: 'other' })),
    'refresh audience': sign(header, payload({ aud: 'taskapp#refresh' })),
    'no exp': sign(header, without('exp')),
    'from the future': sign(header, payload({ iat: seconds() + 120, exp: seconds() + 240 })),
    'no iat': sign(header, without('iat')),
    'no sub': sign(header, without('sub')),
    'no sid': sign(header, without('sid')),
    'no issuer': sign(header, without('iss')),
    'no audience': sign(header, without('aud')),
    'exp as text': sign(header, payload({ exp: '9999999999' })),
    'sub not an id': sign(header, payload({ sub: 'admin' })),
    'text for a payload': sign(header, 'hello'),
    'nothing for a payload': sign(header, null),
    'tampered payload': `${head}.${encode(payload())}.${signature}`,
    'tampered header': `${encode({ ...header, x: 1 })}.${body}.${signature}`,
    'too long a life': sign(header, payload({ exp: seconds() + 367 * 86_400 })),
    'not valid yet': sign(header, payload({ nbf: seconds() + 60 })),
    'a member twice': signText(`{"alg":"none",${JSON.stringify(header).slice(1)}`),
    'a member twice, escaped': signText(`{"\\u0061lg":"none",${JSON.stringify(header).slice(1)}`),
    'spaces in the header': signText(`${JSON.stringify(header)}${' '.repeat(600)}`),
    oversized: sign(header, payload({ note: 'x'.repeat(4096) })),
  };
  for (const [name, token] of Object.entries(forged)) {
    assert.equal(verdict(token), 'auth.token_invalid', name);
    assert.equal(
      await codeOf(world.app.auth.refresh({}, { refreshToken: token || '-' })).catch(String),
      token.length > 4096 ? 'input.invalid' : 'auth.refresh_invalid',
      name,
    );
  }
});

test('a token of one kind is not taken for the other, whichever secret signs it', async () => {
  const { accessToken, refreshToken } = await world.user();
  assert.equal(verdict(refreshToken), 'auth.token_invalid');
  await refused(world.app.auth.refresh({}, { refreshToken: accessToken }), 'auth.refresh_invalid');
  const claims = decode(refreshToken, 1);
  assert.equal(verdict(sign(header, claims)), 'auth.token_invalid');
  assert.equal(verdict(sign({ ...header, typ: 'rt+jwt' }, claims)), 'auth.token_invalid');
  const asRefresh = { ...decode(refreshToken, 0), typ: 'rt+jwt' };
  const disguised = sign(asRefresh, { ...decode(accessToken, 1), gen: 0 }, keys.refresh);
  await refused(world.app.auth.refresh({}, { refreshToken: disguised }), 'auth.refresh_invalid');
});

test('a token expires by the clock of the app, with five seconds of leeway', async () => {
  const start = clock;
  const { accessToken, refreshToken } = await world.user();
  const at = (offset: number) => {
    clock = new Date(start.getTime() + offset * 1000);
    return verdict(accessToken);
  };
  assert.deepEqual([at(0), at(899), at(903), at(907)], ['string', 'string', 'string', 'auth.token_invalid']);
  at(7 * 86_400 + 60);
  await refused(world.app.auth.refresh({}, { refreshToken }), 'auth.refresh_invalid');
  clock = start;
  await world.app.auth.refresh({}, { refreshToken });
});

test('a list of secrets rotates: the first signs, all verify, a dropped one no longer', async () => {
  const next = secrets();
  const both = { access: [next.access, keys.access], refresh: [next.refresh, keys.refresh] };
  const [during, after] = [appWith({ secrets: both }), appWith({ secrets: next })];
  const { accessToken, refreshToken } = await world.user();
  await during.access.authenticate(during.access.verify(accessToken));
  const pair = await during.auth.refresh({}, { refreshToken });
  assert.equal(decode(pair.accessToken, 0).kid, kidOf(next.access));
  await after.access.authenticate(after.access.verify(pair.accessToken));
  await after.auth.refresh({}, { refreshToken: pair.refreshToken });
  assert.throws(() => after.access.verify(accessToken), { code: 'auth.token_invalid' });
  assert.equal(verdict(pair.accessToken), 'auth.token_invalid');
  await refused(after.auth.refresh({}, { refreshToken }), 'auth.refresh_invalid');
});

test('apps with the same secrets but another issuer or audience refuse each other’s tokens', async () => {
  const { accessToken, refreshToken } = await world.user();
  for (const tokens of [{ issuer: 'staging' }, { audience: 'staging' }]) {
    const other = appWith({ tokens });
    assert.throws(() => other.access.verify(accessToken), { code: 'auth.token_invalid' });
    await refused(other.auth.refresh({}, { refreshToken }), 'auth.refresh_invalid');
  }
});

test('who the bearer is comes from the database, at the very next call', async () => {
  const { app } = world;
  const { id, accessToken, actor, email } = await world.user();
  const claims = app.access.verify(accessToken);
  const roleNow = async () => (await app.access.authenticate(claims)).actor.role;
  await app.users.update({ actor: SYSTEM }, { id, role: 'ADMIN' });
  assert.equal(await roleNow(), 'ADMIN');
  await app.users.update({ actor: SYSTEM }, { id, role: 'USER' });
  assert.equal(await roleNow(), 'USER');
  await refused(app.access.authenticate({ ...claims, userId: (await world.user()).id }), 'auth.token_invalid');

  await app.users.update({ actor: SYSTEM }, { id, disabled: true });
  await refused(app.access.authenticate(claims), 'auth.token_invalid');
  await app.users.update({ actor: SYSTEM }, { id, disabled: false });
  await refused(app.access.authenticate(claims), 'auth.token_invalid');
  const again = await app.auth.login({}, { email, password: PASSWORD });
  await app.access.authenticate(app.access.verify(again.accessToken));
  await app.users.remove({ actor: SYSTEM }, { id });
  await refused(app.access.authenticate(app.access.verify(again.accessToken)), 'auth.token_invalid');
  await refused(app.users.me({ actor }), 'user.not_found');
});

test('the stamp of the workspace changes with every change of tasks and tags', async () => {
  const { app } = world;
  const { accessToken, as } = await world.user();
  const stamps: string[] = [];
  const look = async () => stamps.push((await app.access.authenticate(app.access.verify(accessToken))).workspace.stamp);
  await look();
  const { id } = await as.tasks.create({ title: 'one' });
  await look();
  await as.tags.create({ name: 'tag' });
  await look();
  await as.tasks.update({ id, title: 'two' });
  await look();
  await as.tasks.remove({ id });
  await look();
  assert.equal(new Set(stamps).size, 5, String(stamps));
  await look();
  assert.equal(stamps[5], stamps[4]);
});

test('calls at once share a query, and each gets its own answer, of after it was made', async () => {
  const { app, db } = world;
  const users: TestUser[] = [];
  for (let n = 0; n < 130; n += 1) users.push(await world.user());
  const claims = users.map(({ accessToken }) => app.access.verify(accessToken));
  await users[7]!.as.auth.logout();
  await app.users.update({ actor: SYSTEM }, { id: users[9]!.id, role: 'ADMIN' });
  let queries = 0;
  const count = () => {
    queries += 1;
  };
  db.on('query', count);
  const answers = await Promise.all([
    ...claims.map((each) => app.access.authenticate(each).catch(({ code }: { code: string }) => code)),
    codeOf(app.access.authenticate({ userId: 'nobody', sessionId: "'" })),
  ]);
  db.off('query', count);
  assert.equal(queries, 3, '64 at a time');
  assert.equal(answers[7], 'auth.token_invalid');
  assert.equal(answers[130], 'auth.token_invalid');
  for (const [index, user] of users.entries()) {
    if (index === 7) continue;
    const { actor, workspace } = answers[index] as Awaited<ReturnType<typeof app.access.authenticate>>;
    assert.deepEqual(actor, { ...user.actor, role: index === 9 ? 'ADMIN' : 'USER' });
    assert.equal((await user.as.tasks.create({ title: 'mine' })).workspaceId, workspace.id);
  }
});
