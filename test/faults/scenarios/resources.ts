import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { enter } from '../client/enter.ts';
import { closeConnections } from '../client/http.ts';
import { login } from '../client/session.ts';
import { withNode } from '../cluster/own-node.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

const FILES = 128;
const CONNECTIONS = 1000;
const RECOVERY_MS = 3000;

const open = (port: number): Socket =>
  connect(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();

const fewFiles: Scenario = {
  id: 'F-32',
  title: `${CONNECTIONS} connections to a node that may open ${FILES} files`,
  run: async (world) => {
    const { row, expect, note } = world;
    if (spawnSync('prlimit', ['--version']).status !== 0) {
      row.isImpossible = true;
      return note('prlimit is not installed');
    }
    await withNode(world, { wrap: ['prlimit', `--nofile=${FILES}`] }, async (node) => {
      const { here } = await enter(world, node.port);
      closeConnections();
      const crowd = Array.from({ length: CONNECTIONS }, () => open(node.port));
      row.injections += CONNECTIONS;
      await sleep(world.pick(1500, 10_000));
      const used = await node.openFiles();
      expect(used > FILES - 20, `the crowd made the node open no more than ${used} files`);
      for (const socket of crowd) socket.destroy();
      const started = performance.now();
      const isWell = () =>
        here('POST', '/tasks', { title: 'after the crowd' }).then(
          ({ status }) => status === 201,
          () => false,
        );
      while (!(await isWell()) && performance.now() - started < 3 * RECOVERY_MS) await sleep(20);
      const ms = Math.round(performance.now() - started);
      row.longestRecoveryMs = Math.max(row.longestRecoveryMs, ms);
      expect(ms <= RECOVERY_MS, `took ${ms} ms to recover from a crowd`);
      await sleep(200);
      const left = await node.openFiles();
      note(`${used} files open in the crowd, ${left} after it`);
      expect(left < FILES / 2, `${left} files are open after the crowd`);
    });
  },
};

const HEAP_MB = 128;
const READERS = 30;
const TASKS = 60;

const smallHeap: Scenario = {
  id: 'F-33',
  title: `lists of ${TASKS} long tasks for ${READERS} readers, and sign-ins, in a heap of ${HEAP_MB} MB`,
  isLongOnly: true,
  run: async (world) => {
    const { row, expect, note } = world;
    await withNode(world, { flags: [`--max-old-space-size=${HEAP_MB}`] }, async (node) => {
      const crowd = await Promise.all(Array.from({ length: READERS / 5 }, () => enter(world, node.port)));
      // Beyond twenty sessions of one account the oldest end, so who reads does not sign in.
      const { session: signer } = await enter(world, node.port);
      for (const { here } of crowd)
        for (let n = 0; n < TASKS; n += 1)
          await here('POST', '/tasks', { title: 'long', description: 'é'.repeat(4900) });
      const end = performance.now() + world.pick(4000, 25_000);
      const statuses: number[] = [];
      const read = async (index: number) => {
        const { here } = crowd[index % crowd.length] as (typeof crowd)[number];
        while (performance.now() < end) {
          const call = index % 5 === 0 ? login(node.port, signer) : here('GET', `/tasks?limit=${TASKS + index}`);
          statuses.push(await call.then(({ status }) => status).catch(() => 0));
        }
      };
      await Promise.all(Array.from({ length: READERS }, (_, index) => read(index)));
      row.injections += statuses.length;
      const counts = tallyOf(statuses);
      note(`${describe(counts)}; ${Math.round((await node.residentBytes()) / 1024 / 1024)} MiB resident`);
      const strange = Object.keys(counts).filter((status) => !['200', '429', '503'].includes(status));
      expect(strange.length === 0 && (counts[200] ?? 0) > 100, `answers: ${describe(counts)}`);
    });
  },
};

export const resources: readonly Scenario[] = [fewFiles, smallHeap];
