import { randomBytes } from 'node:crypto';
import { createTaskApp, type TransactionApp } from '@taskapp/core';
import type { Knex } from 'knex';
import { type Person, people } from './demo-content.ts';
import { type PlannedTask, planTasks, timeline } from './demo-plan.ts';

/** Of every account of the demo. It is public: never seed a database that others can reach. */
const DEMO_PASSWORD = 'DemoPassword1';

/** What became of a planned task; the ages follow once all are there. */
interface Made {
  readonly id: string;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/**
 * Fills an empty database with a few people and their tasks, through the library and as those people, in one
 * transaction: all of it or nothing. Always the same content, dated around today.
 *
 * @throws Error when the database has users already
 */
export async function seed(knex: Knex): Promise<string> {
  const secret = () => randomBytes(32).toString('hex');
  const app = createTaskApp({ db: knex, redis: null, cache: false, secrets: { access: secret(), refresh: secret() } });
  try {
    return await knex.transaction(async (trx) => {
      const { rows } = await trx.raw('select exists (select from taskapp.users) as found');
      if (rows[0].found) throw new Error('This database already has users: the demo is only for an empty one');
      const made: Made[] = [];
      for (const [index, person] of people.entries()) {
        made.push(...(await settle(app.withTransaction(trx), person, index)));
      }
      await backdate(trx, made);
      return summarize(made.length);
    });
  } finally {
    await app.close();
  }
}

const summarize = (tasks: number) =>
  `Made ${people.length} users with ${tasks} tasks. Sign in as ${people.map(({ email }) => email).join(', ')}; ` +
  `the password is ${DEMO_PASSWORD}, and the first one is an administrator.`;

/** Makes an account, its tags, and its tasks in the order in which they would have happened. */
async function settle(app: TransactionApp, { email, name, role, ...content }: Person, index: number): Promise<Made[]> {
  const system = app.as({ kind: 'system', reason: 'demo data' });
  const user = await system.users.create({ email, name, role, password: DEMO_PASSWORD });
  const services = app.as({ kind: 'user', userId: user.id, role });
  const tagIds: string[] = [];
  for (const [tag, color] of Object.entries(content.tags)) {
    tagIds.push((await services.tags.create({ name: tag, color })).id);
  }
  const made = new Map<PlannedTask, Made>();
  for (const { task, change } of timeline(planTasks(content, index, tagIds))) {
    const { createdAt, changedAt, status, input } = task;
    const { id = '' } = made.get(task) ?? {};
    if (change) await services.tasks.update({ id, status });
    else {
      const created = await services.tasks.create(input);
      made.set(task, { id: created.id, created_at: new Date(createdAt), changed_at: new Date(changedAt) });
    }
  }
  return [...made.values()];
}

/** Gives tasks and their events the times that they would have. */
async function backdate(db: Knex.Transaction, made: readonly Made[]): Promise<void> {
  await db.raw('alter table taskapp.events disable trigger events_append_only');
  await db.raw(
    `with plan as (
       select * from jsonb_to_recordset(?::jsonb) as p (id uuid, created_at timestamptz, changed_at timestamptz)
     ), aged as (
       update taskapp.tasks t
       set created_at = p.created_at, updated_at = p.changed_at,
         completed_at = case when t.status = 'DONE' then p.changed_at end
       from plan p where t.id = p.id
     )
     update taskapp.events e
     set created_at = case e.type when 'task.created' then p.created_at else p.changed_at end
     from plan p where e.entity_id = p.id`,
    [JSON.stringify(made)],
  );
  await db.raw('alter table taskapp.events enable trigger events_append_only');
}
