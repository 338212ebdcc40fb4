import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { contents, killMidway, NO_TOOLS, rowsOf } from '../support/backup.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase, settingOf, testDatabase } from '../support/database.ts';
import { query } from '../support/embedded.ts';
import { createWorld, type World } from '../support/world.ts';

let cwd: string;
let source: World;
/** The kinds of backup that can be made here, and the environment in which they are. */
const formats: { format: string; env: Record<string, string> }[] = [{ format: 'ndjson', env: NO_TOOLS }];

before(async () => {
  cwd = fs.mkdtempSync(join(tmpdir(), 'taskctl-crashes-'));
  atEnd(() => fs.rmSync(cwd, { recursive: true, force: true }));
  const [server] = await query<{ version: string }>(settingOf('TEST_DATABASE_URL'), 'show server_version_num');
  const found = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (Number(/\d+/.exec(found)?.[0]) >= Math.floor(Number(Object.values(server!)[0]) / 10_000)) {
    formats.push({ format: 'pg_dump', env: { PATH: `${cwd}:${process.env.PATH}` } });
  }
  source = await createWorld({ redis: null });
  await source.user();
  await source.db.raw(`insert into taskapp.tasks (id, workspace_id, title, description)
    select gen_random_uuid(), w.id, 'x', repeat(md5(random()::text), 20) from taskapp.workspaces w, generate_series(1, 20000)`);
});

const cliOf = (url: string, env: Record<string, string> = NO_TOOLS) => createCli(url, { cwd, env });

test('a backup taken while others write is of one moment', async () => {
  for (const { format, env } of formats) await backUpUnderLoad(format, env);
});

async function backUpUnderLoad(format: string, env: Record<string, string>): Promise<void> {
  const source = await createWorld({ redis: null });
  const busy = `busy.${format}`;
  const users = await Promise.all([1, 2, 3].map(() => source.user()));
  let [isOver, written] = [false, 0];
  const writers = users.map(async (user) => {
    for (let turn = 0; !isOver; turn += 1) {
      const tag = await user.as.tags.create({ name: `t${turn}` });
      const { id } = await user.as.tasks.create({ title: 'x', tagIds: [tag.id] });
      if (turn % 3 === 0) await user.as.tasks.remove({ id });
      written += 1;
    }
  });
  while (written < 60) await pause(5);
  const early = written;
  const made = await cliOf(source.url, env)('backup', busy, '--format', format);
  const late = written;
  isOver = true;
  await Promise.all(writers);
  assert.deepEqual([made.code, late > early], [0, true], made.stderr);

  const { db, url } = await emptyDatabase();
  assert.equal((await cliOf(url, env)('restore', busy)).code, 0);
  const count = (table: string, where: string) =>
    `(select count(*)::int from taskapp.${table} where workspace_id = w.id and ${where})`;
  const { rows } = await db.raw(`select task_count as counted, ${count('tasks', 'true')} as tasks, version::int,
    ${count('events', `type = 'task.created'`)} - ${count('events', `type = 'task.removed'`)} as left,
    (select max(seq)::int from taskapp.events where workspace_id = w.id) as seq from taskapp.workspaces w`);
  assert.equal(rows.length, 3);
  for (const row of rows) assert.deepEqual([row.seq, row.counted, row.left], [row.version, row.tasks, row.tasks]);
  const isKept = 'task_id in (select id from taskapp.tasks) and tag_id in (select id from taskapp.tags)';
  assert.deepEqual(await db('taskapp.task_tags').whereRaw(`not (${isKept})`), []);
}

test('kill -9 at any moment of a backup leaves a whole file under its name or none, and the next try works', async () => {
  for (const { format, env } of formats) {
    const [name, args] = [`many.${format}`, ['--format', format]];
    assert.equal((await cliOf(source.url, env)('backup', name, ...args)).code, 0);
    const { size } = fs.statSync(join(cwd, name));
    const partial = () => fs.readdirSync(cwd).find((file) => file.startsWith(`.${name}.`));
    for (const part of [0, 0.5, 1]) {
      fs.rmSync(join(cwd, name), { force: true });
      const hasReached = async () => {
        const file = partial();
        return file !== undefined && fs.statSync(join(cwd, file), { throwIfNoEntry: false })!.size >= part * size;
      };
      const toEnv = { ...env, DATABASE_URL: source.url };
      await killMidway({ args: ['backup', name, ...args], cwd, env: toEnv, isMidway: hasReached });
      await untilAlone(source.db);
      const left = fs.statSync(join(cwd, name), { throwIfNoEntry: false })?.size;
      assert.ok(part === 1 ? left === undefined || left === size : left === undefined, `${format} ${part}: ${left}`);
      for (let file = partial(); file; file = partial()) fs.rmSync(join(cwd, file));
    }
    assert.equal((await cliOf(source.url, env)('backup', name, ...args, '--force')).code, 0);
  }
});

test('kill -9 in the middle of a restore leaves an empty database, or with pg_restore a whole one', async () => {
  const [expected, sent] = [await contents(source.db), String.raw`^(insert into|COPY) taskapp\."?tasks`];
  for (const { format, env } of formats) {
    const { db, url } = await emptyDatabase();
    const isLoading = async () =>
      (await db.raw('select from pg_stat_activity where datname = current_database() and query ~ ?', [sent])).rows
        .length > 0;
    const restore = ['restore', `many.${format}`];
    await killMidway({ args: restore, cwd, env: { ...env, DATABASE_URL: url }, isMidway: isLoading });
    await untilAlone(db);
    const isEmpty = (await rowsOf(db)).length === 0;
    assert.ok(isEmpty || format === 'pg_dump');
    assert.equal((await cliOf(url, env)(...restore)).code, isEmpty ? 0 : 7);
    assert.deepEqual(await contents(db), expected);
  }
});

/** Waits for the end of what a killed taskctl has begun on a database. */
async function untilAlone(db: Knex): Promise<void> {
  const others = `select from pg_stat_activity where datname = current_database() and application_name = 'taskctl'`;
  while ((await db.raw(others)).rows.length > 0) await pause(10);
}

test('pg_dump makes the file where it can, with nothing secret in its arguments, and is refused where it cannot', async () => {
  const cli = (url: string) => cliOf(url, { PATH: `${cwd}:${process.env.PATH}` });
  if (formats.length === 1) {
    const { code, stderr } = await cli(source.url)('backup', 'd.dump', '--format', 'pg_dump');
    assert.deepEqual([code, /^taskctl: pg_dump .*(PATH|older)/.test(stderr)], [2, true]);
    assert.match((await cli(source.url)('backup', 'd.dump')).stdout, /\(ndjson\)/);
    return;
  }
  for (const tool of ['pg_dump', 'pg_restore']) {
    const script = `#!/bin/sh\necho "$@" >> '${cwd}/log'\nPATH='${process.env.PATH}' exec ${tool} "$@"\n`;
    fs.writeFileSync(join(cwd, tool), script, { mode: 0o755 });
  }
  assert.equal((await cli(source.url)('backup', 'd.dump', '--json')).json().format, 'pg_dump');
  assert.equal(fs.statSync(join(cwd, 'd.dump')).mode & 0o777, 0o600);
  fs.writeFileSync(join(cwd, 'cut.dump'), fs.readFileSync(join(cwd, 'd.dump')).subarray(0, -2000));
  for (const { db, url } of [await emptyDatabase(), await testDatabase()]) {
    assert.equal((await cli(url)('restore', 'cut.dump')).code, 10);
    assert.deepEqual(await rowsOf(db), []);
    const done = await cli(url)('restore', 'd.dump', '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await contents(db), await contents(source.db));
    assert.equal((await cli(url)('restore', 'd.dump')).code, 7);
  }
  const log = fs.readFileSync(join(cwd, 'log'), 'utf8');
  assert.ok(log.includes('--list') && !log.includes('://') && !log.includes(new URL(source.url).password));
});
