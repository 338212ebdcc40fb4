import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { HostUser, HostUsers } from '@taskapp/core';
import type { Knex } from 'knex';

/** The host: a rowing club, with members and sessions in tables of its own. */
export async function createTables(db: Knex): Promise<void> {
  await db.schema.createTable('members', (table) => {
    table.increments('id');
    table.text('name').notNullable();
    table.boolean('on_the_board').notNullable().defaultTo(false);
    table.timestamp('left_at');
  });
  await db.schema.createTable('sessions', (table) => {
    table.text('token').primary();
    table.integer('member_id').notNullable().references('members.id').onDelete('cascade');
  });
}

interface Member {
  readonly id: number;
  readonly on_the_board: boolean;
  readonly left_at: Date | null;
}

const toUser = ({ id, on_the_board, left_at }: Member): HostUser => ({
  id: String(id),
  role: on_the_board ? 'ADMIN' : 'USER',
  disabled: left_at !== null,
});

/** What the task app asks the club. */
export const createUsers = (db: Knex): HostUsers => ({
  find: async (userId, db) => {
    const member = await db<Member>('members').where('id', Number(userId)).first();
    return member ? toUser(member) : null;
  },
  authenticate: async (request) => {
    const owner = db('sessions').where('token', tokenOf(request)).select('member_id');
    const member = await db<Member>('members').whereIn('id', owner).first();
    return member ? toUser(member) : null;
  },
});

const tokenOf = ({ headers }: IncomingMessage): string => /(?:^|; )session=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? '';

/** Takes somebody into the club, with what they have to do first. Both, or neither. */
export async function join(trx: Knex.Transaction, name: string, welcome: Welcome): Promise<number> {
  const [member] = await trx('members').insert({ name }).returning('id');
  await welcome(trx, String(member.id));
  return member.id;
}

/** Makes the first tasks of a new member, in the transaction that makes the member. */
export type Welcome = (trx: Knex.Transaction, userId: string) => Promise<unknown>;

/** Signs a member in; a real club would ask for a password. The cookie goes to this site only. */
export async function signIn(db: Knex, memberId: number): Promise<string> {
  const token = randomUUID().replaceAll('-', '') + randomBytes(8).toString('hex');
  await db('sessions').insert({ token, member_id: memberId });
  return `session=${token}; HttpOnly; Secure; SameSite=Lax`;
}
