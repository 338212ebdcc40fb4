import type { RefreshTurns } from './auth/refresh-turns.ts';
import type { Tokens } from './auth/tokens.ts';
import type { ListCache } from './cache/list-cache.ts';
import type { Hooks } from './hooks/hook-runner.ts';
import type { Cursors } from './kernel/cursors.ts';
import type { Db } from './kernel/database.ts';
import type { Logger } from './kernel/logger.ts';
import type { Count } from './kernel/occurrences.ts';
import type { Tracing } from './kernel/tracing.ts';
import type { Settings } from './options.ts';
import type { PasswordPolicy } from './passwords/password.fields.ts';
import type { PasswordHasher } from './passwords/password-hasher.ts';
import type { LoginThrottle } from './throttle/login-throttle.ts';

/** Everything a service may use, as one literal. What it needs besides is in its arguments. */
export interface Deps {
  readonly db: Db;
  readonly log: Logger;
  readonly count: Count;
  /** Undefined where nothing is traced. */
  readonly tracing: Tracing | undefined;
  readonly tokens: Tokens;
  /** How long logins last, in seconds. */
  readonly lifetimes: Settings['tokens'];
  readonly hasher: PasswordHasher;
  readonly passwordPolicy: PasswordPolicy;
  readonly throttle: LoginThrottle;
  readonly refreshes: RefreshTurns;
  readonly cursors: Cursors;
  /** What the fingerprints of requests with an idempotency key are made with. */
  readonly requestSecret: string;
  readonly hooks: Hooks;
  /** `null` inside a host's transaction: what is not committed must not be cached. */
  readonly cache: ListCache | null;
}
