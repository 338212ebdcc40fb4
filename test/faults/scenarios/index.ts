import type { Scenario } from '../scenario.ts';
import { accounts } from './accounts.ts';
import { administrators } from './administrators.ts';
import { backups } from './backups.ts';
import { capacity } from './capacity.ts';
import { clocks } from './clocks.ts';
import { crashes } from './crashes.ts';
import { disk } from './disk.ts';
import { endings } from './endings.ts';
import { generations } from './generations.ts';
import { idempotency } from './idempotency.ts';
import { killedBackups } from './killed-backups.ts';
import { lifecycle } from './lifecycle.ts';
import { limits } from './limits.ts';
import { lists } from './lists.ts';
import { logs } from './logs.ts';
import { lostConnections } from './lost-connections.ts';
import { migrations } from './migrations.ts';
import { network } from './network.ts';
import { redis } from './redis.ts';
import { redisReplies } from './redis-replies.ts';
import { resources } from './resources.ts';
import { sessions } from './sessions.ts';
import { slowStatements } from './slow-statements.ts';
import { soaks } from './soak.ts';
import { stalls } from './stalls.ts';
import { storms } from './storms.ts';
import { workers } from './workers.ts';
import { writes } from './writes.ts';

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...crashes,
  ...lostConnections,
  ...redis,
  ...redisReplies,
  ...network,
  ...slowStatements,
  ...capacity,
  ...disk,
  ...logs,
  ...clocks,
  ...resources,
  ...storms,
  ...stalls,
  ...lifecycle,
  ...workers,
  ...migrations,
  ...killedBackups,
  ...backups,
  ...accounts,
  ...sessions,
  ...generations,
  ...endings,
  ...administrators,
  ...writes,
  ...idempotency,
  ...lists,
  ...limits,
  ...soaks,
];
