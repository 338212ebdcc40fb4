import type { Db } from '../kernel/database.ts';
import { named, runStatement } from '../kernel/statement.ts';
import type { Position } from './event-reader.queries.ts';

/** Seconds after which a consumer whose holder says nothing any more can be taken by another process. */
const HOLD_SECONDS = 10;

/** Whose position it is, and the process that has it. */
export interface Holding {
  readonly name: string;
  readonly holder: string;
}

const ADD = named(`
  insert into taskapp.event_consumers (name, xid, since) values (:name, :xid::xid8, :since::pg_snapshot)
  on conflict (name) do nothing`);

/** Makes the database remember a consumer from `start` on, unless it does already. */
export async function addConsumer(db: Db, name: string, start: Position): Promise<void> {
  await runStatement(db, ADD({ name }, start as unknown as Record<string, unknown>));
}

const UNTIL = `now() + interval '${HOLD_SECONDS} seconds'`;
const TAKE = named(`
  update taskapp.event_consumers set holder = :holder::uuid, held_until = ${UNTIL}, updated_at = now()
  where name = :name and (holder is null or holder = :holder::uuid or held_until < now())
  returning xid::text as xid, to_json(told)::text as told, since::text as since,
    moved_at::text as "movedAt", not_before::text as "notBefore"`);

/** Takes a consumer for this process and reads its position; nothing while another process has it. */
export async function takeConsumer(db: Db, holding: Holding): Promise<Position | undefined> {
  const { rows } = await runStatement<Omit<Position, 'told'> & { told: string }>(db, TAKE({ ...holding }));
  const [row] = rows;
  return row && { ...row, told: JSON.parse(row.told) };
}

const SAVE = named(`
  update taskapp.event_consumers
  set xid = :xid::xid8, told = :told::uuid[], since = :since::pg_snapshot, moved_at = :movedAt::timestamptz,
    not_before = :notBefore::timestamptz, held_until = ${UNTIL}, updated_at = now()
  where name = :name and holder = :holder::uuid`);

/** Keeps a position, and the consumer for this process; resolves with false where another one has taken it. */
export async function savePosition(db: Db, holding: Holding, position: Position): Promise<boolean> {
  return (await runStatement(db, SAVE({ ...holding, ...position }))).rowCount === 1;
}

const RELEASE = named(`
  update taskapp.event_consumers set holder = null, held_until = null
  where name = :name and holder = :holder::uuid`);

/** Leaves a consumer to other processes. */
export async function releaseConsumer(db: Db, holding: Holding): Promise<void> {
  await runStatement(db, RELEASE({ ...holding }));
}
