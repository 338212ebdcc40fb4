import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { atEnd } from './cleanup.ts';
import { choosePort, hasEnded } from './processes.ts';
import { provideRedis } from './redis-server.ts';

/** A master of a Redis Cluster, without replicas. */
export interface Master {
  readonly url: string;
  /** Answers for what this master has. */
  readonly client: Redis;
  /** Ends it like a crash; what it had is gone. */
  kill(): Promise<void>;
  /** Starts it again, as the same part of the cluster. */
  restart(): Promise<void>;
}

const SLOTS = 16_384;
const SIZE = 3;

/** Starts a cluster of three masters on 127.0.0.1, for Redis 7 or newer; gone after the file's tests. */
export async function startRedisCluster(): Promise<readonly Master[]> {
  const nodes = await Promise.all(Array.from({ length: SIZE }, startMaster));
  const clients = nodes.map(({ client }) => client);
  for (const [index, client] of clients.entries()) {
    const first = Math.ceil((index * SLOTS) / SIZE);
    await client.cluster('ADDSLOTSRANGE', first, Math.ceil(((index + 1) * SLOTS) / SIZE) - 1);
    await client.cluster('SET-CONFIG-EPOCH', index + 1);
  }
  for (const { port, busPort } of nodes.slice(1)) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  await Promise.all(clients.map(joinsCluster));
  return nodes;
}

async function joinsCluster(client: Redis): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const info = await client.cluster('INFO').catch(String);
    if (info.includes('cluster_state:ok') && info.includes(`cluster_size:${SIZE}`)) return;
    await pause(20);
  }
  throw new Error('The cluster does not come up');
}

async function startMaster(): Promise<Master & { readonly port: number; readonly busPort: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'taskapp-cluster-'));
  // By default the bus is 10,000 above, where often no port is.
  const [port, busPort] = [await choosePort(), await choosePort()];
  const address = ['--port', `${port}`, '--cluster-port', `${busPort}`, '--bind', '127.0.0.1'];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500'];
  const args = [...address, ...cluster, '--save', '', '--appendonly', 'no', '--dir', folder];
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  let child: ChildProcess | undefined;
  const start = async () => {
    const started = spawn(provideRedis(), args, { stdio: 'ignore', detached: true });
    child = started;
    started.once('exit', (code) => code === 1 && client.disconnect());
    await client.ping();
  };
  const kill = async () => {
    child?.kill('SIGKILL');
    while (child && !hasEnded(child)) await pause(5);
  };
  atEnd(async () => {
    client.disconnect();
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  const restart = async () => {
    await start();
    await joinsCluster(client);
  };
  return { url: `redis://127.0.0.1:${port}`, port, busPort, client, kill, restart };
}
