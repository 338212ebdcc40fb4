import type { Db } from '../kernel/database.ts';
import { named, runStatement } from '../kernel/statement.ts';

/** How far a consumer has come. Values of PostgreSQL's own types stay its texts. */
export interface Position {
  /** The transactions up to this one were told completely. */
  readonly xid: string;
  /** What was told of later transactions. */
  readonly told: readonly string[];
  /** A snapshot: what it shows was there before the consumer was. */
  readonly since: string;
  /**
   * Set while what another server wrote is told, and when it wrote last: its transactions are all over, whatever this
   * server's numbers are.
   */
  readonly movedAt: string | null;
  /** What was written until then was told under the numbers of another server. */
  readonly notBefore: string | null;
}

/** An event that was committed. */
export interface FoundEvent {
  readonly id: string;
  readonly xid: bigint;
  readonly workspaceId: string | null;
  readonly seq: number | null;
  /** The event before it in its workspace, unless that was told. */
  readonly predecessor: string | null;
  /** As JSON, for listeners. */
  readonly json: string;
}

const MADE_BY_US = "x.type <> 'call.abandoned'";
const inScope = (x: string) => `${x}.xid > :xid::xid8 and ${x}.id <> all(:told::uuid[])
  and not pg_visible_in_snapshot(${x}.xid, :since::pg_snapshot)
  and (:notBefore::timestamptz is null or ${x}.created_at > :notBefore)`;

/**
 * A transaction below the oldest one in progress is over: nothing is committed behind a reader's back. Transactions have
 * their numbers from their first write, and workspaces their versions from the last one, so that a later version may be
 * of an earlier transaction: `predecessor` tells.
 */
const readWhere = (isOver: string) =>
  named(`
  select e.id, e.xid::text as xid, e.workspace_id as workspace, e.seq::text as seq, p.id as predecessor,
    json_build_object('id', e.id, 'type', e.type, 'entityType', e.entity_type, 'entityId', e.entity_id,
      'workspaceId', e.workspace_id, 'seq', e.seq,
      'actor', json_build_object('kind', e.actor_kind, 'userId', e.actor_id, 'reason', e.actor_reason),
      'requestId', e.request_id, 'changes', e.changes, 'createdAt', e.created_at)::text as json
  from (
    select * from taskapp.events x where ${inScope('x')} and ${isOver} and ${MADE_BY_US} order by x.xid, x.id limit :limit
  ) e
  left join taskapp.events p on p.workspace_id = e.workspace_id and p.seq = e.seq - 1 and ${inScope('p')}
  order by e.xid, e.id`);

const read = readWhere('x.xid < (select pg_snapshot_xmin(pg_current_snapshot()))');
const readMoved = readWhere('x.created_at <= :movedAt::timestamptz');

interface Row extends Omit<FoundEvent, 'xid' | 'seq' | 'workspaceId'> {
  readonly xid: string;
  readonly workspace: string | null;
  readonly seq: string | null;
}

/** Reads the next events of transactions that are over, by transaction. */
export async function findEvents(db: Db, position: Position, limit: number): Promise<FoundEvent[]> {
  const statement = (position.movedAt === null ? read : readMoved)({ ...position }, { limit });
  const { rows } = await runStatement<Row>(db, statement);
  return rows.map(({ workspace, ...row }) => ({
    ...row,
    xid: BigInt(row.xid),
    workspaceId: workspace,
    seq: row.seq === null ? null : Number(row.seq),
  }));
}

const NOW = `
  select ((pg_snapshot_xmin(s)::text::numeric - 1)::text) as xid, s::text as since from pg_current_snapshot() s`;

/** Where a consumer begins that is to hear of what is committed from now on. */
export async function findStart(db: Db): Promise<Position> {
  const { rows } = await runStatement<{ xid: string; since: string }>(db, { sql: NOW, bindings: [] });
  const [start] = rows as [{ xid: string; since: string }];
  return { ...start, told: [], movedAt: null, notBefore: null };
}

const MOVED = named(`
  select coalesce(
    (select max(created_at) from taskapp.events
      where xid >= pg_snapshot_xmax(pg_current_snapshot()) and created_at > coalesce(:notBefore::timestamptz, '-infinity')),
    case when :xid::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) then now() end
  )::text as moved`);

/**
 * Tells whether the database was restored on a server that has not come as far with its transactions, and when its last
 * event was written on the old one.
 */
export async function findMove(db: Db, position: Position): Promise<string | null> {
  const { rows } = await runStatement<{ moved: string | null }>(db, MOVED({ ...position }));
  return rows[0]?.moved ?? null;
}
