import { createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** Keys by their `kid`; the first one signs. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

/** The name of a key tells it from others and nothing about it. */
const keyId = (secret: string) => createHash('sha256').update(`taskapp kid ${secret}`).digest('base64url').slice(0, 8);
/** The keys of a list of secrets in its order, by the `kid` that tokens name them by. */
export const keyRing = (secrets: readonly string[]): KeyRing =>
  new Map(secrets.map((secret) => [keyId(secret), createSecretKey(Buffer.from(secret))]));
