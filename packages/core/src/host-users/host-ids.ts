import { LRUCache } from 'lru-cache';
import { v5 as uuidOf } from 'uuid';
import type { Db } from '../kernel/database.ts';
import { refuse } from '../kernel/errors.ts';
import { isStorable } from '../kernel/fields.ts';
import { findExternalIds } from './host-users.queries.ts';

/** The same id gives the same UUID in every app and at all times, so nothing has to be looked up for it. */
const NAMESPACE = '8b2f5e0c-6b1d-4c56-9a0e-3d7f4f1c2a97';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_LENGTH = 255;
const MAX_KNOWN = 10_000;
/** What JSON has where it names a user. Quotes inside a string are escaped, so nothing that people write looks like it. */
const IN_JSON = /(?<="userId":")[0-9a-f-]{36}(?=")/g;

/** A person of the host: their id there, and here. */
export interface KnownId {
  readonly externalId: string;
  readonly id: string;
}

/** Turns the host's ids into those of the tables, and back. */
export interface HostIds {
  /** @throws input.invalid for what cannot be an id */
  read(given: unknown): KnownId;
  /** The same JSON with the host's ids; of somebody who was forgotten the id of the tables is left. */
  translate(db: Db, json: string): Promise<string>;
  /** The same for one id. */
  nameOf(db: Db, id: string): Promise<string>;
  forget(id: string): void;
}

/** UUIDs stand for themselves, so that a host can join its tables; of any other id one is made (RFC 9562, version 5). */
export function createHostIds(): HostIds {
  const known = new LRUCache<string, string>({ max: MAX_KNOWN });
  const learn = async (db: Db, ids: readonly string[]): Promise<void> => {
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length === 0) return;
    for (const { id, externalId } of await findExternalIds(db, unknown)) known.set(id, externalId);
  };
  return {
    read: (given) => {
      const isId = typeof given === 'string' && given !== '' && given.length <= MAX_LENGTH && isStorable(given);
      if (!isId) refuse('ctx.actor.userId', `Must be an id of the host's, 1 to ${MAX_LENGTH} characters`);
      const externalId = normalize(given as string);
      const id = UUID.test(externalId) ? externalId : uuidOf(externalId, NAMESPACE);
      known.set(id, externalId);
      return { externalId, id };
    },
    translate: async (db, json) => {
      const named = json.match(IN_JSON);
      if (!named) return json;
      await learn(db, [...new Set(named)]);
      return json.replace(IN_JSON, (id) => inQuotes(known.get(id) ?? id));
    },
    nameOf: async (db, id) => {
      await learn(db, [id]);
      return known.get(id) ?? id;
    },
    forget: (id) => void known.delete(id),
  };
}

/**
 * The id of somebody as the host has just told it.
 * @throws TypeError for one that is no text, which is a mistake in the host
 */
export function idOf({ id }: { readonly id: unknown }): string {
  if (typeof id !== 'string') throw new TypeError(`The functions of users must tell ids as text, not as ${typeof id}`);
  return normalize(id);
}

const normalize = (id: string): string => (UUID.test(id) ? id.toLowerCase() : id);

/** As it stands between the quotes of JSON. */
const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1);
