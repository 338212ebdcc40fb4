import { authErrors } from './auth/auth.errors.ts';
import { hookErrors } from './hooks/hooks.errors.ts';
import { hostUserErrors } from './host-users/host-users.errors.ts';
import { idempotencyErrors } from './idempotency/idempotency.errors.ts';
import { type ErrorSpec, kernelErrors } from './kernel/errors.ts';
import { migrationErrors } from './migrations.errors.ts';
import { rateLimitErrors } from './rate-limit/rate-limit.errors.ts';
import { tagErrors } from './tags/tags.errors.ts';
import { taskErrors } from './tasks/tasks.errors.ts';
import { userErrors } from './users/users.errors.ts';
import { workspaceErrors } from './workspaces/workspaces.errors.ts';

const tables = [
  kernelErrors,
  authErrors,
  userErrors,
  hostUserErrors,
  workspaceErrors,
  taskErrors,
  tagErrors,
  rateLimitErrors,
  idempotencyErrors,
  hookErrors,
  migrationErrors,
] as const;

type SpecOf<T> = T extends unknown ? T[keyof T] : never;

/** Every code that the core can fail with: stable, never reused. */
export type ErrorCode = Extract<SpecOf<(typeof tables)[number]>, ErrorSpec>['code'];

/** All error specs of the core, for transports and documents. */
export const ERRORS: readonly ErrorSpec<ErrorCode>[] = tables.flatMap((table) => Object.values(table));
