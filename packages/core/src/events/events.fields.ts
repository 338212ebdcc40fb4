/** Every type of event: what it happened to, and what happened. Stable, never used again for something else. */
export const EVENT_TYPES = [
  'task.created',
  'task.updated',
  'task.removed',
  'tag.created',
  'tag.updated',
  'tag.removed',
  'user.created',
  'user.updated',
  'user.password_changed',
  'user.removed',
  'session.opened',
  'session.revoked',
  'login.failed',
  'login.throttled',
  'database.migrated',
  'database.rolled_back',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
