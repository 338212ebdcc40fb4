import { createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** The algorithm of all tokens. */
export const ALGORITHM = 'HS256';

/** A key, and the header of the tokens that it signs. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly header: { readonly alg: typeof ALGORITHM; readonly typ: string; readonly kid: string };
}

/** Keys by the header of their tokens as it stands in them; the first one signs. */
export type KeyRing = ReadonlyMap<string, SigningKey>;

/** The name of a key tells it from others and nothing about it. */
const keyId = (secret: string) => createHash('sha256').update(`taskapp kid ${secret}`).digest('base64url').slice(0, 8);

/** The keys of a list of secrets, in its order, for tokens of the type `typ`. */
export const keyRing = (typ: string, secrets: readonly string[]): KeyRing =>
  new Map(
    secrets.map((secret) => {
      const header = { alg: ALGORITHM, typ, kid: keyId(secret) } as const;
      const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
      return [encoded, { header, key: createSecretKey(Buffer.from(secret)) }];
    }),
  );
