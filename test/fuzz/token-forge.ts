import { createHmac } from 'node:crypto';

/** What vectors are made of: a token that is genuine, and the secret that it was signed with. */
export interface Genuine {
  readonly token: string;
  readonly refreshToken: string;
  readonly secret: string;
  readonly refreshSecret: string;
}

/** A header or a payload. */
export type Json = Record<string, unknown>;

/** A part of a token. */
export const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Signs whatever it is given, as a forger who has the secret would. */
export function forge(
  header: unknown,
  payload: unknown,
  { secret, hash = 'sha256' }: { secret: string | Buffer; hash?: string },
): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** Takes a token apart. */
export function open(token: string) {
  const [head = '', body = '', signature = ''] = token.split('.');
  return { head, body, signature, header: decode(head), payload: decode(body) };
}

/** A token that says the same as the genuine one and is signed again: must be accepted, or the other vectors prove nothing. */
export function resign({ token, secret }: Genuine): string {
  const { header, payload } = open(token);
  return forge(header, payload, { secret });
}

/** Tokens by what is wrong with them. */
export type Vectors = [name: string, token: string][];
