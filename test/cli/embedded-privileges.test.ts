import assert from 'node:assert/strict';
import { chmodSync, cpSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPackage, provideBinaries } from '../../packages/cli/src/embedded/binaries.ts';
import { openEmbeddedPostgres } from '../../packages/cli/src/embedded/embedded.ts';
import { listRunners, runAs } from '../../packages/cli/src/embedded/privileges.ts';
import {
  addRow,
  countRows,
  hasNamespaces,
  kill,
  opened,
  ordinaryUser,
  pidIn,
  ps,
  spawnOpener,
  temporaryDirectory,
} from '../support/embedded.ts';

test('an ordinary user runs it as that user', async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o777);
  const opener = await opened(spawnOpener({ directory: join(directory, 'a') }, ordinaryUser()));
  assert.equal(opener.error, undefined);
  assert.equal(statSync(join(directory, 'a/postgres')).uid, statSync(join(directory, 'a')).uid);
  await addRow(opener.url);
  await opener.end();
  assert.equal(pidIn(join(directory, 'a')), undefined);
});

for (const rootStrategy of ['unshare', 'setuid'] as const) {
  for (const mode of [0o700, 0o755]) {
    test(`without privileges by ${rootStrategy} under a folder of mode ${mode.toString(8)}`, async () => {
      const outer = temporaryDirectory();
      const systemDirectory = join(temporaryDirectory(), 'b');
      chmodSync(outer, mode);
      const directory = join(outer, 'a');
      const open = () => openEmbeddedPostgres({ directory, rootStrategy, systemDirectory });
      if (rootStrategy === 'unshare' && !hasNamespaces()) return assert.rejects(open(), /user namespaces are refused/);
      const first = await open();
      const pid = pidIn(directory)!;
      await addRow(first.url);
      if (process.platform === 'linux') assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /CapEff:\t0+\n/);
      if (process.getuid!() === 0) assert.equal(ps(pid, 'uid') === '0', rootStrategy === 'unshare');
      await kill(pid);
      const second = await open();
      assert.equal(await countRows(second.url), 1);
      await Promise.all([first.release(), second.release()]);
      assert.equal(pidIn(directory), undefined);
    });
  }
}

test('programs that cannot be linked or read where they are installed are copied', async () => {
  const place = temporaryDirectory();
  const source = await findPackage();
  const outer = temporaryDirectory();
  chmodSync(outer, 0o700);
  const folder = join(outer, 'package');
  const isFile = (path: string): boolean => !lstatSync(path).isSymbolicLink();
  cpSync(join(source.folder, 'native'), join(folder, 'native'), { recursive: true, filter: isFile });
  chmodSync(join(folder, 'native/lib'), 0o555);
  const [runner] = await listRunners({ rootStrategy: 'setuid' });
  const binaries = await provideBinaries(runner!, { ...source, folder }, ['/nowhere', place]);
  chmodSync(join(folder, 'native/lib'), 0o755);
  assert.ok(binaries.startsWith(place));
  assert.match((await runAs(runner!, join(binaries, 'initdb'), ['--version'])).output, /^initdb .* 17/);
  await assert.rejects(provideBinaries(runner!, { ...source, folder: place }, []), /set DATABASE_URL/);
});
