export { createTaskApp, type TaskApp } from './app.ts';
export type { AccessControl } from './auth/access-control.ts';
export type { AccessClaims, Authentication } from './auth/claims.ts';
export { ERRORS, type ErrorCode } from './errors.ts';
export { EVENT_TYPES, type EventType } from './events/events.fields.ts';
export type { Health } from './health.ts';
export { type VetoOptions, veto } from './hooks/hooks.errors.ts';
export type { HookContext, ResourceHooks, TaskAppHooks, UserHooks } from './hooks/task-app-hooks.ts';
export { type ConnectOptions, connect } from './kernel/connect.ts';
export type { Access, Actor, CallContext, Role, SystemActor, UserActor } from './kernel/contract.ts';
export { type ErrorKind, type FieldProblem, isTaskAppError, type TaskAppError } from './kernel/errors.ts';
export type { JsonAnswer } from './kernel/implement.ts';
export { type Logger, silent } from './kernel/logger.ts';
export { networkOf } from './kernel/network.ts';
export type { Count, Occurrence } from './kernel/occurrences.ts';
export type { RedisClient, RedisClients } from './kernel/redis-guard.ts';
export { type Field, type Fields, fieldsOf, fromStrings } from './kernel/strings.ts';
export { findMissingLimits } from './kernel/time-limits.ts';
export { type MigrateOptions, type MigrationStatus, migrate, migrationStatus, rollback, seed } from './migrations.ts';
export {
  contracts,
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
export { MAX_IMPORTED } from './tasks/task-transfer.contract.ts';
export type { TaskView } from './tasks/tasks.contract.ts';
export type { BoundServices, TransactionApp } from './transaction-app.ts';
