import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seed } from '@taskapp/core';
import { emptyDatabase, testDatabase } from '../support/database.ts';
import { cleanEnvironment, fromSource } from './playground.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const HOSTS = [
  ['embedded', /^Rolled back: nothing left/],
  ['hooks-and-events', /^Rolled back: nobody hears of it/],
] as const;

for (const [name, said] of HOSTS) {
  describe(`examples/${name}`, () => {
    it('proves with assertions what it says', async () => {
      const { url } = await emptyDatabase();
      const [node = '', ...options] = fromSource(root);
      const env = { ...cleanEnvironment(), DATABASE_URL: url };
      const { status, stdout, stderr } = spawnSync(node, [...options, `examples/${name}/src/main.ts`], {
        cwd: root,
        env,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      assert.match(stdout, said);
    });
  });
}

describe('seeds', () => {
  it('fill an empty database, once, with what the library would have made', async () => {
    const { db } = await testDatabase();
    assert.match(await seed(db), /4 users with 200 tasks/);
    await assert.rejects(seed(db), /already has users/);
    const { rows } = await db.raw(`
      select count(distinct status)::int as statuses, count(distinct priority)::int as priorities,
        count(due_date) filter (where due_date > now())::int as ahead,
        count(*) filter (where updated_at < created_at or created_at > now() or updated_at > now())::int as impossible,
        max(created_at) - min(created_at) > interval '30 days' as spread
      from taskapp.tasks`);
    assert.deepEqual(
      { ...rows[0], ahead: rows[0].ahead > 10 },
      { statuses: 4, priorities: 4, ahead: true, impossible: 0, spread: true },
    );
    const counts = await db('taskapp.workspaces').pluck('task_count');
    assert.deepEqual(counts, [50, 50, 50, 50]);
  });
});
