import { randomBytes } from 'node:crypto';
import { createTaskApp, type TransactionApp } from '@taskapp/core';
import type { Knex } from 'knex';
import { DETAILS, type Person, people } from './demo-content.ts';

/** Of every account of the demo. It is public: never seed a database that others can reach. */
export const DEMO_PASSWORD = 'DemoPassword1';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 42;

type Status = 'TODO' | 'IN_PROGRESS' | 'DONE' | 'CANCELLED';
type Input = Parameters<ReturnType<TransactionApp['as']>['tasks']['create']>[0];

/** A task as the demo wants it; `changedAt` is when it got its status. */
interface PlannedTask {
  readonly input: Input;
  readonly status: Status;
  readonly createdAt: number;
  readonly changedAt: number;
}

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

/** What happens, oldest first: every task is made, and those that got on are changed later. */
function timeline(tasks: readonly PlannedTask[]) {
  const made = tasks.map((task) => ({ task, change: false, at: task.createdAt }));
  const changed = tasks
    .filter(({ status }) => status !== 'TODO')
    .map((task) => ({ task, change: true, at: task.changedAt }));
  return [...made, ...changed].sort((a, b) => a.at - b.at);
}

function planTasks(content: Pick<Person, 'steps' | 'projects'>, person: number, tagIds: string[]): PlannedTask[] {
  // Projects begin one after the other, each goes through its steps in their order.
  const titles = content.projects.flatMap((project, start) =>
    content.steps.map((step, index) => ({ title: step.replace('%', project), turn: index + ((start * 7) % 10) / 2.5 })),
  );
  titles.sort((a, b) => a.turn - b.turn);
  return titles.map(({ title }, index) => planTask(title, { index, share: index / titles.length, person, tagIds }));
}

interface Place {
  readonly index: number;
  /** 0 for the oldest task, near 1 for the newest. */
  readonly share: number;
  readonly person: number;
  readonly tagIds: readonly string[];
}

function planTask(title: string, { index, share, person, tagIds }: Place): PlannedTask {
  // A large prime scatters without repeating: numbers from 0 to 99, the same in every run.
  const dice = (salt: number) => ((index + 1) * 7919 + (person + 1) * 104_729 + salt * 1_299_709) % 100;
  const now = Date.now();
  const createdAt = now - DAY_MS * DAYS * (1 - share) - HOUR_MS * ((dice(1) % 8) + 1);
  const status = pickStatus(dice(2) / 100, share);
  const changedAt = status === 'TODO' ? createdAt : createdAt + ((now - createdAt) * (dice(3) + 1)) / 110;
  const description = DETAILS[index % DETAILS.length] ?? null;
  const priority = (['MEDIUM', 'LOW', 'MEDIUM', 'HIGH', 'MEDIUM', 'URGENT', 'LOW'] as const)[dice(4) % 7] ?? 'MEDIUM';
  const dueDate = dice(5) < 60 ? dueAround(status === 'TODO' ? now : changedAt, dice(6)) : null;
  const tags = tagIds.filter((_, position) => (index + position + person) % 4 === 0);
  return { input: { title, description, priority, dueDate, tagIds: tags }, status, createdAt, changedAt };
}

/** Old tasks are mostly over, new ones mostly open. */
function pickStatus(chance: number, share: number): Status {
  if (chance > share + 0.1) return chance > 0.93 ? 'CANCELLED' : 'DONE';
  return chance > share - 0.2 ? 'IN_PROGRESS' : 'TODO';
}

/** Five in the afternoon of a day from four days before to three weeks after `time`. */
function dueAround(time: number, dice: number): Date {
  const date = new Date(time + DAY_MS * ((dice % 26) - 4));
  date.setUTCHours(17, 0, 0, 0);
  return date;
}

/** Gives tasks and their events the times that they would have. */
async function backdate(db: Knex.Transaction, made: readonly Made[]): Promise<void> {
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
}
