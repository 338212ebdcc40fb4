import { createHmac, timingSafeEqual } from 'node:crypto';
import { refuse } from './errors.ts';

/** Where a page ended: the values of the sort columns of its last row. */
export type CursorPosition = readonly (string | number)[];

export interface Cursors {
  /** Makes an opaque cursor that only works for the same `scope`: caller, filters and order. */
  encode(position: CursorPosition, scope: string): string;
  /** @throws input.invalid when the cursor was edited or belongs to another list */
  decode(cursor: string, scope: string): CursorPosition;
}

const MAC_BYTES = 16;

/** Signs cursors with the app's secrets; the first signs, all verify. */
export function createCursors(secrets: readonly string[]): Cursors {
  const mac = (secret: string, body: string, scope: string) =>
    createHmac('sha256', `taskapp cursor ${secret}`).update(`${body}\n${scope}`).digest().subarray(0, MAC_BYTES);
  const genuine = (body: string, given: Buffer, scope: string) =>
    given.length === MAC_BYTES && secrets.some((secret) => timingSafeEqual(mac(secret, body, scope), given));

  return {
    encode(position, scope) {
      const body = Buffer.from(JSON.stringify(position)).toString('base64url');
      return `${body}.${mac(secrets[0] as string, body, scope).toString('base64url')}`;
    },
    decode(cursor, scope) {
      const [body = '', signature = ''] = cursor.split('.');
      if (!genuine(body, Buffer.from(signature, 'base64url'), scope)) {
        refuse('cursor', 'Does not belong to this list; start again without a cursor');
      }
      return JSON.parse(Buffer.from(body, 'base64url').toString()) as CursorPosition;
    },
  };
}
