import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, send } from '../client/http.ts';
import { register, type Session } from '../client/session.ts';
import { describe, tallyOf } from '../probe.ts';
import type { Scenario, World } from '../scenario.ts';

/** Every request asks the database for the role, so only what was under way may still succeed; promised are 5 s. */
const EFFECT_MS = 500;

/** Registers a user and makes them an administrator, as `taskctl user update` would. */
export async function becomeAdmin({ cluster }: World): Promise<Session> {
  const session = await register(cluster.nodes[0].port, cluster.canary);
  await cluster.postgres.admin("update taskapp.users set role = 'ADMIN' where id = $1", [session.id]);
  return session;
}

const changeUser = (port: number, by: Session, user: string, body: object): Promise<Answer> =>
  send({ port, method: 'PATCH', path: `/api/users/${user}`, token: by.accessToken, body });

/** Locks and unlocks an account until told to stop; resolves with all answers and when each came. */
async function keepChanging({ cluster }: World, { by, victim, isOver }: Changing) {
  const answers: { at: number; status: number }[] = [];
  for (let n = 0; !isOver(); n += 1) {
    const { status } = await changeUser(cluster.nodes[n % 2]?.port ?? 0, by, victim.id, { disabled: n % 4 < 2 });
    answers.push({ at: performance.now(), status });
  }
  return answers;
}

interface Changing {
  readonly by: Session;
  readonly victim: Session;
  isOver(): boolean;
}

const lostRole: Scenario = {
  id: 'F-52',
  title: 'an administrator loses the role while calling',
  run: async (world) => {
    const { cluster, row, expect, note, pick } = world;
    const chief = await becomeAdmin(world);
    let latest = 0;
    for (let rounds = pick(2, 6); rounds > 0; rounds -= 1) {
      const fallen = await becomeAdmin(world);
      const victim = await register(cluster.nodes[0].port, cluster.canary);
      let isOver = false;
      const work = [1, 2].map(() => keepChanging(world, { by: fallen, victim, isOver: () => isOver }));
      await sleep(150);
      const { status } = await changeUser(cluster.nodes[0].port, chief, fallen.id, { role: 'USER' });
      const at = performance.now();
      row.injections += 1;
      await sleep(pick(1000, 6000));
      isOver = true;
      const answers = (await Promise.all(work)).flat();
      expect(status === 200, `taking the role away was answered ${status}`);
      const late = answers.filter((answer) => answer.at > at && answer.status === 200).map((answer) => answer.at - at);
      latest = Math.max(latest, ...late);
      const counts = tallyOf(answers.map((answer) => answer.status));
      const strange = Object.keys(counts).filter((code) => !['200', '403', '409', '429'].includes(code));
      expect(strange.length === 0 && (counts[200] ?? 0) > 0 && (counts[403] ?? 0) > 0, `answers: ${describe(counts)}`);
      await expectNoEffects(world, fallen);
    }
    note(`the last change was acknowledged ${Math.round(latest)} ms after the role was gone`);
    expect(latest <= EFFECT_MS, `a change was acknowledged ${Math.round(latest)} ms after the role was gone`);
  },
};

/** By the log of changes: nothing that began after the role was gone. */
async function expectNoEffects({ cluster, expect }: World, fallen: Session): Promise<void> {
  const [row] = await cluster.postgres.admin<{ n: number }>(
    `select count(*)::int as n from taskapp.events e, taskapp.events gone
     where gone.type = 'user.updated' and gone.entity_id = $1 and gone.changes ? 'role'
       and e.actor_id = $1 and e.created_at > gone.created_at + $2 * interval '1 millisecond'`,
    [fallen.id, EFFECT_MS],
  );
  expect(row?.n === 0, `${row?.n} changes of somebody who was no administrator any more`);
}

export const administrators: readonly Scenario[] = [lostRole];
