import type { Scenario } from '../scenario.ts';
import { capacity } from './capacity.ts';
import { crashes } from './crashes.ts';
import { disk } from './disk.ts';
import { lifecycle } from './lifecycle.ts';
import { migrations } from './migrations.ts';
import { network } from './network.ts';
import { reads } from './reads.ts';
import { redis } from './redis.ts';
import { sessions } from './sessions.ts';
import { writes } from './writes.ts';

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...crashes,
  ...redis,
  ...network,
  ...capacity,
  ...disk,
  ...lifecycle,
  ...migrations,
  ...sessions,
  ...writes,
  ...reads,
];
