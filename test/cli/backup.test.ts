import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { seed } from '@taskapp/core';
import { contents, NO_TOOLS, rowsOf } from '../support/backup.ts';
import { atEnd } from '../support/cleanup.ts';
import { createCli } from '../support/cli.ts';
import { emptyDatabase } from '../support/database.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let cwd: string;
let ndjson: string;

const cliOf = (url: string, env: Record<string, string> = NO_TOOLS) => createCli(url, { cwd, env });

before(async () => {
  cwd = fs.mkdtempSync(join(tmpdir(), 'taskctl-backup-'));
  atEnd(() => fs.rmSync(cwd, { recursive: true, force: true }));
  world = await createWorld({ redis: null });
  await seed(world.db);
  const ada = await world.user();
  const tag = await ada.as.tags.create({ name: 'two\u2028lines' });
  await ada.as.tasks.create({ title: '\\N "\u{1F600}\u2028{"end":', description: 'a\nb\tc\r', tagIds: [tag.id] });
  await ada.as.tasks.import({ tasks: [{ title: 'imported', metadata: { from: 'elsewhere' } }] });
  // Not every whole number of PostgreSQL is one of JavaScript.
  await world.db('taskapp.workspaces').where('owner_id', ada.id).update({ version: '9007199254740993' });
  await world.db.raw(`insert into taskapp.login_attempts values ('k', 1, 1, now(), '-infinity')`);
  await world.db.raw(`insert into taskapp.idempotency_keys values ('c', 'k', 'f', E'{"a":1.10,\\n"a":2}', 1)`);
  await world.db.raw(`insert into taskapp.event_consumers (name, xid, told, since)
    values ('c', '18446744073709551000', array[gen_random_uuid()], '10:20:15')`);
  assert.equal((await cliOf(world.url)('backup', 'good.ndjson')).code, 0);
  ndjson = fs.readFileSync(join(cwd, 'good.ndjson'), 'utf8');
});

/** A file that was changed by somebody who made its checksum right again. */
function reseal(change: (body: string) => string): string {
  const body = change(ndjson.slice(0, ndjson.indexOf('{"end":{"rows"')));
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}${JSON.stringify({ end: { rows: body.split('\n').length - 2, sha256 } })}\n`;
}

test('what is restored is what was backed up, row by row, plain, packed and through a pipe', async () => {
  const expected = await contents(world.db);
  for (const [name, rows] of Object.entries(expected)) assert.ok(rows.length > 0, `${name} has a row to compare`);
  const made = await cliOf(world.url)('backup', 'b.gz', '--json');
  const { format, rows, bytes } = made.json();
  const { size, mode } = fs.statSync(join(cwd, 'b.gz'));
  assert.deepEqual([format, rows, bytes, mode & 0o777], ['ndjson', (await rowsOf(world.db)).length, size, 0o600]);
  assert.match(made.stderr, /^The backup holds hashes of passwords/);
  const piped = await cliOf(world.url)('backup', '-');
  assert.equal(piped.stdout.split('\n').slice(1, -2).join(), ndjson.split('\n').slice(1, -2).join());

  for (const [file, stdin] of Object.entries({ 'good.ndjson': '', 'b.gz': '', '-': piped.stdout })) {
    const { db, url } = await emptyDatabase();
    const done = await cliOf(url)({ stdin }, 'restore', file, '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await contents(db), expected);
    assert.deepEqual([done.json().rows, done.json().revokedSessions, done.stderr], [rows, null, '']);
  }
});

test('no file is replaced unasked, and a failure leaves none', async () => {
  const old = join(cwd, 'old.ndjson');
  fs.writeFileSync(old, 'old');
  assert.equal((await cliOf(world.url)('backup', old)).code, 7);
  assert.equal(fs.readFileSync(old, 'utf8'), 'old');
  assert.equal((await cliOf(world.url)('backup', old, '--force')).code, 0);
  assert.ok(fs.statSync(old).size > 1000);
  const { url } = await emptyDatabase();
  assert.equal((await cliOf(url)('backup', 'none.ndjson')).code, 9);
  assert.ok(!fs.readdirSync(cwd).some((name) => /none|partial/.test(name)));
});

test('stdout holds the result alone, and progress is only for a terminal', async () => {
  const piped = await cliOf(world.url)('backup', 'p1.ndjson');
  assert.match(piped.stdout, /^\d+ rows of \d{4}_\w+ are in p1\.ndjson \(ndjson\)\n$/);
  assert.doesNotMatch(piped.stderr, /\r/);
  const shown = await cliOf(world.url)({ columns: 80 }, 'backup', 'p2.ndjson');
  assert.deepEqual([/\rBacked up [\d,]+ of/.test(shown.stderr), shown.stdout.includes('\r')], [true, false]);
  assert.equal((await cliOf(world.url)({ columns: 80 }, 'backup', '-')).code, 2);
});

test('a file that was cut off or changed is refused before anything is written', async () => {
  const { db, url } = await emptyDatabase();
  const [header = '', first = ''] = ndjson.split('\n');
  const bad: [name: string, data: string | Buffer][] = [
    ['empty', ''],
    ['foreign', 'SELECT 1;\n'],
    ['cut', ndjson.slice(0, ndjson.length / 2)],
    ['without its end', ndjson.slice(0, ndjson.indexOf('{"end":{"rows"'))],
    ['without its last byte', ndjson.slice(0, -1)],
    ['with a row less', ndjson.replace(`${first}\n`, '')],
    ['with other values', ndjson.replace('"role":"USER"', '"role":"ADMIN"')],
    ['with more at the end', `${ndjson}${first}\n`],
    ['packed, and cut', gzipSync(ndjson).subarray(0, -20)],
    ['with a row less, and its checksum right', reseal((body) => body.replace(`${first}\n`, ''))],
    ['of a newer schema', reseal((body) => body.replace('"migrations":[', '"migrations":["9999_later",'))],
    ['of a newer format', ndjson.replace(header, header.replace('"version":1', '"version":2'))],
    ['with a value that does not fit', reseal((body) => body.replace('"role":"USER"', '"role":"GOD"'))],
  ];
  for (const [name, data] of bad) {
    fs.writeFileSync(join(cwd, 'bad'), data);
    const { code, stdout, stderr } = await cliOf(url)('restore', 'bad');
    assert.deepEqual([code, stdout], [10, ''], `${name}: ${stderr}`);
    assert.deepEqual(await rowsOf(db), [], name);
    const { rows } = await db.raw(`select to_regnamespace('taskapp') as schema`);
    if (!name.includes('fit')) assert.equal(rows[0].schema, null, name);
  }
});
