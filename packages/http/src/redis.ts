import type { Logger, RedisClient, RedisClients } from '@taskapp/core';
import { Cluster, Redis } from 'ioredis';

export interface RedisAddress {
  readonly url: string;
  /** The URL names one node of a cluster; the others are found through it. */
  readonly cluster: boolean;
}

const MAX_DELAY_MS = 2000;
const backoff = (attempt: number) => Math.min(50 * 2 ** attempt, MAX_DELAY_MS) + Math.random() * 50;

/**
 * By default ioredis keeps a command for over a minute while Redis is away, and sends it again after a reconnect, so
 * that it counts twice. Here a command fails at once or within its time, and a connection without answers is replaced.
 */
const IMPATIENT = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 100,
  socketTimeout: 500,
  connectTimeout: 1000,
  keepAlive: 10_000,
  retryStrategy: backoff,
};

/**
 * Opens a client for each use, none of which ever makes a request wait for Redis. They connect in the background and
 * keep trying for ever; the caller disconnects them.
 */
export const openRedis = (address: RedisAddress, log: Logger): RedisClients => ({
  limits: openClient(address, 'limits', log),
  cache: openClient(address, 'cache', log),
});

function openClient({ url, cluster }: RedisAddress, use: keyof RedisClients, log: Logger): RedisClient {
  const connectionName = `taskapp-${use}`;
  // What is asked in one turn of the event loop travels together; limits are counted by one command for all of them.
  const enableAutoPipelining = use === 'cache';
  const client = cluster
    ? openCluster(url, connectionName)
    : new Redis(url, { ...IMPATIENT, connectionName, enableAutoPipelining });
  let reported = false;
  client.on('ready', () => {
    reported = false;
    log.debug('Redis is connected', { use });
  });
  // Without a listener ioredis writes to the console; every attempt of the same outage would be a line.
  client.on('error', (error: unknown) => {
    log[reported ? 'debug' : 'warn']('Redis cannot be reached', { use, error });
    reported = true;
  });
  return client;
}

function openCluster(url: string, connectionName: string): Cluster {
  const { protocol, username, password } = new URL(url);
  const credentials = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
  return new Cluster([url], {
    redisOptions: { ...IMPATIENT, connectionName, ...credentials },
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff,
  });
}
