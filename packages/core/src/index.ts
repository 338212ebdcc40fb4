export { createTaskApp } from './app.ts';
export type { AccessControl } from './auth/access-control.ts';
export type { AccessClaims, Authentication } from './auth/claims.ts';
export { ERRORS, type ErrorCode } from './errors.ts';
export { EVENT_TYPES, type EventType } from './events/events.fields.ts';
export { FEATURES } from './features.ts';
export type { Health } from './health.ts';
export { type VetoOptions, veto } from './hooks/hooks.errors.ts';
export type {
  HookContext,
  HostedTaskAppHooks,
  ResourceHooks,
  TaskAppHooks,
  UserHooks,
} from './hooks/task-app-hooks.ts';
export type { HostAccess, HostClaims } from './host-users/host-access.ts';
export type { HostUser, HostUsers } from './host-users/host-users.ts';
export type { HostedTaskAppOptions } from './hosted-options.ts';
export { isKeyed } from './idempotency/keyed-services.ts';
export { type ConnectOptions, connect } from './kernel/connect.ts';
export type {
  Access,
  Actor,
  BoundService,
  CallContext,
  ContextOf,
  Role,
  Service,
  SystemActor,
  UserActor,
} from './kernel/contract.ts';
export { type ErrorKind, type FieldProblem, isTaskAppError, type TaskAppError } from './kernel/errors.ts';
export type { JsonAnswer } from './kernel/implement.ts';
export { type Logger, silent } from './kernel/logger.ts';
export { networkOf } from './kernel/network.ts';
export type { Count, Occurrence } from './kernel/occurrences.ts';
export type { RedisClient, RedisClients } from './kernel/redis-guard.ts';
export { type Field, type Fields, fieldsOf, fromStrings } from './kernel/strings.ts';
export { findMissingLimits } from './kernel/time-limits.ts';
export { recordFailure, type TraceSpan, type Tracing, traceIdsOf, traceLog } from './kernel/tracing.ts';
export { type MigrateOptions, type MigrationStatus, migrate, migrationStatus, rollback, seed } from './migrations.ts';
export {
  contracts,
  type HostedServices,
  type NamedOperation,
  type OperationId,
  operations,
  run,
  runAsJson,
  type Services,
} from './operations.ts';
export type { TaskAppOptions } from './options.ts';
export type { Purged } from './purge.ts';
export type { RateLimiter, RateLimitResult } from './rate-limit/rate-limiter.ts';
export type { StopListening } from './subscriptions/subscriptions.ts';
export type {
  EventChoice,
  EventListener,
  ListenOptions,
  TaskAppEvent,
  TaskAppEvents,
} from './subscriptions/task-app-event.ts';
export type { HostedBoundServices, HostedTaskApp, HostedTransactionApp, TaskApp } from './task-app.ts';
export { MAX_IMPORTED } from './tasks/task-transfer.contract.ts';
export type { TaskView } from './tasks/tasks.contract.ts';
export type { BoundServices, TransactionApp } from './transaction-app.ts';
