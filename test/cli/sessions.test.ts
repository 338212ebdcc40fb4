import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createCli } from '../support/cli.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let cli: ReturnType<typeof createCli>;

before(async () => {
  world = await createWorld({ redis: null });
  cli = createCli(world.url);
});

const live = async () => Number((await world.db('taskapp.sessions').whereNull('revoked_at').count())[0]?.count);
const statusOf = async (bearer: string) => (await world.http.get('/api/users/me').set('Authorization', bearer)).status;

test('the sessions of a user, by address or id, are listed and ended', async () => {
  const [ada, bob] = [await world.user(), await world.user()];
  const listed = (await cli('session', 'list', ada.email, '--json')).json<{ id: string }[]>();
  assert.deepEqual(
    listed.map(({ id }) => id),
    [ada.actor.sessionId],
  );
  assert.deepEqual((await cli('session', 'revoke', ada.email.toUpperCase(), '--json')).json(), { revoked: 1 });
  assert.deepEqual([await statusOf(ada.bearer), await statusOf(bob.bearer)], [401, 200]);
  assert.deepEqual((await cli('session', 'revoke', bob.id, '--json')).json(), { revoked: 1 });
  const empty = await cli('session', 'list', ada.id);
  assert.deepEqual([empty.code, empty.stdout, empty.stderr], [0, '', 'No sessions.\n']);
  assert.equal((await cli('session', 'revoke', 'nobody@example.com')).code, 6);
  assert.equal((await cli('session', 'list', ada.email, '--as', ada.email)).code, 5);
});

test('the sessions of everybody are ended on request, and at a terminal after a question', async () => {
  await Promise.all([1, 2, 3].map(() => world.user()));
  const before = await live();
  const no = await cli({ typed: ['n'] }, 'session', 'revoke', '--all');
  assert.deepEqual([no.code, await live()], [3, before]);
  assert.match(no.stderr, /Everybody has to sign in again\. End all sessions\? \[y\/N\]/);
  const yes = await cli({ typed: ['y'] }, 'session', 'revoke', '--all');
  assert.deepEqual([yes.code, await live()], [0, 0], yes.stderr);
  for (const argv of [['revoke', '--all'], ['revoke-all'], ['revoke', '--all', '--yes']]) {
    await world.user();
    assert.deepEqual((await cli('session', ...argv, '--json')).json(), { revoked: 1 });
  }
  await world.user();
  const silent = await cli({ typed: [] }, 'session', 'revoke-all', '--yes');
  assert.deepEqual([silent.code, await live()], [0, 0]);
});

test('whose sessions are meant has to be said, and only once', async () => {
  const { email } = await world.user();
  const neither = await cli('session', 'revoke');
  assert.equal(neither.code, 2);
  assert.match(neither.stderr, /<id> required/);
  const both = await cli('session', 'revoke', email, '--all', '--yes');
  assert.equal(both.code, 2);
  assert.match(both.stderr, /either .* or --all/);
  assert.equal(await live(), 1);
});
