import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { CallContext, UserActor } from '@taskapp/core';
import { problemsOf } from '../support/factories.ts';
import { createWorld, PASSWORD, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await createWorld();
});

const STRANGE = ['a\0b', 'a\ud800b'];
const register = (facts: object) => {
  const input = { email: `${crypto.randomUUID()}@example.com`, password: PASSWORD, name: 'Ada' };
  return world.app.auth.register(facts, input);
};

test('facts about a call that the database would refuse are named, and nothing is done', async () => {
  const { actor } = await world.user();
  const wrong: Record<string, unknown[]> = {
    ip: ['', 'unknown', '10.0.0.1, 10.0.0.2', `fe80::1%${'e'.repeat(60)}`, '1'.repeat(65), 7],
    requestId: [...STRANGE, 'x'.repeat(256), 7],
    userAgent: [...STRANGE, 7],
    ifMatch: ['1', ['1']],
    actor: ['me', {}, { kind: 'host' }],
    workspace: [{ id: 'mine', stamp: '1-1' }, {}],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const ctx = { actor, [name]: value } as unknown as CallContext & { actor: UserActor };
      const problems = await problemsOf(world.app.tasks.create(ctx, { title: 'one' }));
      assert.ok(problems.length > 0 && problems.every((line) => line.startsWith(`ctx.${name}`)), `${problems}`);
    }
  }
  assert.equal((await world.app.tasks.list({ actor })).pagination.total, 0);
});

test('an actor is named by ids that can exist, and the system gives a reason that can be kept', async () => {
  const { actor } = await world.user();
  const actors: [unknown, string][] = [
    [{ ...actor, userId: 'ada' }, 'ctx.actor.userId: Must be a UUID'],
    [{ ...actor, sessionId: 'first' }, 'ctx.actor.sessionId: Must be a UUID'],
    [{ ...actor, role: 'ROOT' }, 'ctx.actor.role: Must be USER or ADMIN'],
    [{ kind: 'system', reason: '' }, 'ctx.actor.reason: Required'],
    [{ kind: 'system', reason: STRANGE[0] }, 'ctx.actor.reason: Contains characters that are not allowed'],
    [{ kind: 'system', reason: 'x'.repeat(256) }, 'ctx.actor.reason: Must be at most 255 characters'],
  ];
  for (const [given, problem] of actors)
    assert.deepEqual(await problemsOf(world.app.tasks.list({ actor: given as UserActor })), [problem]);
});

test('facts that can be kept are kept, a long user agent in part', async () => {
  const facts = { requestId: 'é'.repeat(255), ip: '2001:db8::1', userAgent: 'Ünï'.repeat(1000) };
  const { user } = await register(facts);
  const [session] = await world.db('taskapp.sessions').where({ user_id: user.id });
  assert.deepEqual([session.ip, session.user_agent.length], [facts.ip, 256]);
  const cut = `${'x'.repeat(255)}\u{1f600}`;
  const { user: other } = await register({ userAgent: cut });
  const [kept] = await world.db('taskapp.sessions').where({ user_id: other.id });
  assert.ok(kept.user_agent.length >= 255);
});
