import type { Knex } from 'knex';
import { IS_LIVE, recordRevocations } from '../auth/sessions.queries.ts';
import type { Caller } from '../events/events.queries.ts';
import type { Db } from '../kernel/database.ts';

const BATCH = 2000;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Where a revocation of everything stands: behind which session it goes on, and how many have ended. */
export interface Progress {
  /** Sessions opened after this moment stay. Text, since a `Date` would lose what is less than a millisecond. */
  readonly until: string;
  readonly after: string;
  readonly isOver: boolean;
  readonly revoked: number;
}

/** Begins with all sessions that there are now. */
export async function beginRevocation(db: Db): Promise<Progress> {
  const { rows } = await db.raw('select clock_timestamp()::timestamptz(3)::text as until');
  return { until: rows[0].until, after: NIL, isOver: false, revoked: 0 };
}

/** Keyset and no `skip locked`: a session that is being refreshed is waited for, and none is looked at twice. */
const END_BATCH = `
  with batch as materialized (
    select id from taskapp.sessions
    where id > :after and created_at <= :until and revoked_at is null and ${IS_LIVE}
    order by id limit ${BATCH}
  ), ended as (
    update taskapp.sessions s set revoked_at = now(), revoke_reason = :reason
    from batch where s.id = batch.id and s.revoked_at is null
    returning s.id, s.user_id
  )
  select (select max(id::text) from batch) as last,
    coalesce((select json_agg(json_build_object('id', id, 'userId', user_id)) from ended), '[]') as ended`;

/** Ends the next two thousand live sessions, each with an event. */
export async function revokeBatch(
  db: Knex.Transaction,
  caller: Caller,
  { until, after, revoked }: Progress,
): Promise<Progress> {
  const reason = 'revoked_all';
  const { rows } = await db.raw(END_BATCH, { until, after, reason });
  const { last, ended } = rows[0] as { last: string | null; ended: { id: string; userId: string }[] };
  await recordRevocations(db, caller, { sessions: ended, reason });
  return { until, after: last ?? after, isOver: last === null, revoked: revoked + ended.length };
}
