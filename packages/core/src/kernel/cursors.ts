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
  const sign = (secret: string, body: string, scope: string) => {
    const mac = createHmac('sha256', `taskapp cursor ${secret}`).update(`${body}\n${scope}`).digest();
    return `${body}.${mac.subarray(0, MAC_BYTES).toString('base64url')}`;
  };

  return {
    encode(position, scope) {
      const body = Buffer.from(JSON.stringify(position)).toString('base64url');
      return sign(secrets[0] as string, body, scope);
    },
    decode(cursor, scope) {
      const [body = ''] = cursor.split('.', 1);
      // Compared as text: decoders skip what does not belong into base64, so many texts would mean one signature.
      if (!secrets.some((secret) => isSame(sign(secret, body, scope), cursor))) {
        refuse('cursor', 'Does not belong to this list; start again without a cursor');
      }
      const position = parse(Buffer.from(body, 'base64url').toString());
      return position ?? refuse('cursor', 'Does not belong to this list; start again without a cursor');
    },
  };
}

/** `undefined` for what no position is: secrets may be known. */
function parse(json: string): CursorPosition | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    const isPosition = Array.isArray(parsed) && parsed.every((value) => ['string', 'number'].includes(typeof value));
    return isPosition ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the same time wherever two texts of one length differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
