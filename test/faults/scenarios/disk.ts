import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { send } from '../client/http.ts';
import { register } from '../client/session.ts';
import { migrateTo } from '../cluster/cluster.ts';
import { createNode } from '../cluster/node.ts';
import { startPostgres } from '../cluster/postgres.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const SIZE = '160m';
const CHUNK = Buffer.alloc(1024 * 1024, 1);

/** Fills a file system to the last block; returns what it wrote, to be removed again. */
async function fill(folder: string): Promise<string> {
  const file = join(folder, 'filler');
  const isFull = () =>
    writeFile(file, CHUNK, { flag: 'a' }).then(
      () => false,
      () => true,
    );
  for (let full = false; !full; ) full = await isFull();
  return file;
}

const fullDisk: Scenario = {
  id: 'F-28',
  title: 'the disk of PostgreSQL full',
  isLongOnly: true,
  run: async (world) => {
    const { cluster, row, expect, note } = world;
    const folder = join(cluster.folder, 'small-disk');
    await mkdir(folder);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]).status !== 0) {
      row.isImpossible = true;
      return note('a small file system cannot be mounted here');
    }
    const cleanup: (() => unknown)[] = [() => spawnSync('umount', ['-l', folder])];
    try {
      const postgres = await startPostgres(folder, cleanup);
      await migrateTo(postgres.url());
      const node = await createNode({ ...cluster.environment, DATABASE_URL: postgres.url() }, []);
      cleanup.push(() => node.end('SIGKILL'));
      await node.start();
      const { accessToken: token } = await register(node.port, cluster.canary);
      const create = (size: number) =>
        send({
          port: node.port,
          method: 'POST',
          path: '/api/tasks',
          token,
          body: { title: 'op-disk', description: 'x'.repeat(size) },
        });
      const filler = await fill(folder);
      row.injections += 1;
      const answers = [];
      for (let n = 0; n < 400; n += 1) answers.push(await create(5000));
      const codes = tallyOf(answers.map(({ status, body }) => `${status} ${body.code ?? ''}`));
      const read = await send({ port: node.port, method: 'GET', path: '/api/tasks?limit=1', token });
      await rm(filler);
      const after = await create(10);
      note(`while full: ${describe(codes)}`);
      expect(
        answers.some(({ status }) => status === 503),
        'nothing was refused while the disk was full',
      );
      expect(
        answers.every(({ status }) => [201, 503].includes(status)),
        `while full: ${describe(codes)}`,
      );
      expect(read.status === 200, `a read was answered ${read.status} while the disk was full`);
      expect(after.status === 201, `a write was answered ${after.status} once there was room again`);
      const [kept] = await postgres.admin<{ n: number }>(
        "select count(*)::int as n from taskapp.tasks where title = 'op-disk'",
      );
      const acked = answers.filter(({ status }) => status === 201).length + 1;
      row.operations += answers.length + 1;
      row.acked += acked;
      row.refused += answers.length + 1 - acked;
      row.lost += Math.max(0, acked - (kept?.n ?? 0));
      row.phantom += Math.max(0, (kept?.n ?? 0) - acked);
      expect(kept?.n === acked, `${acked} acknowledged, ${kept?.n} kept`);
    } finally {
      for (const action of cleanup.reverse()) await action();
    }
  },
};

export const disk: readonly Scenario[] = [fullDisk];
