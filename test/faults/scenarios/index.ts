import type { Scenario } from '../scenario.ts';
import { capacity } from './capacity.ts';
import { crashes } from './crashes.ts';
import { disk } from './disk.ts';
import { network } from './network.ts';
import { redis } from './redis.ts';

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...crashes, ...redis, ...network, ...capacity, ...disk];
