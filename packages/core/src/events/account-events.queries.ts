import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import { witnessColumn } from '../kernel/commit-outcome.ts';
import { type Caller, describeCaller, entityType, type Happening } from './events.queries.ts';

const INSERT_MANY = `
  insert into taskapp.events (id, type, entity_type, entity_id, actor_kind, actor_id, actor_reason, request_id, ip, changes)
  select (e ->> 'id')::uuid, e ->> 'type', e ->> 'entityType', (e ->> 'entityId')::uuid,
    :actorKind, :actorId, :actorReason, :requestId, :ip, e -> 'changes'
  from jsonb_array_elements(:events::jsonb) e
  returning ${witnessColumn}`;

/** Records what happened to an account. Call it in the transaction of the change. */
export const recordEvent = (db: Knex.Transaction, caller: Caller, happening: Happening): Promise<void> =>
  recordEvents(db, caller, [happening]);

/** The same for several things, in one statement. */
export async function recordEvents(
  db: Knex.Transaction,
  caller: Caller,
  happenings: readonly Happening[],
): Promise<void> {
  if (happenings.length === 0) return;
  const events = happenings.map((happening) => ({
    ...happening,
    id: uuid(),
    entityType: entityType(happening),
    changes: happening.changes ?? {},
  }));
  await db.raw(INSERT_MANY, { events: JSON.stringify(events), ...describeCaller(caller) });
}
