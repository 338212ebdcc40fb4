import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import * as z from 'zod';
import type { TrustProxy } from './client-address.ts';

// Messages complete the sentence "NAME ..." and never repeat a value: it may be a secret in the wrong place.

const required = (message: string) => ({ error: message });

/** A whole number in decimal digits. */
export const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
};

/** A number of processes; `auto` is one for each core that this process may use. */
export const processes = (max: number) => {
  const message = `must be auto or a whole number from 1 to ${max}`;
  return z
    .string()
    .regex(/^(auto|[1-9]\d{0,3})$/, message)
    .transform((value) => (value === 'auto' ? Math.min(availableParallelism(), max) : Number(value)))
    .refine((value) => value <= max, message);
};

/** `true` or `false`, nothing else. */
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A span of time such as `15m`, `7d` or `900` (seconds), read as seconds. */
export const duration = (min: number, max: number) => {
  const message = `must be a time from ${min} to ${max} seconds, such as 900, 90s, 15m, 12h or 7d`;
  return z
    .string()
    .regex(/^[1-9]\d{0,8}[smhd]?$/, message)
    .transform((value) => Number.parseInt(value, 10) * (SECONDS[value.at(-1) ?? ''] ?? 1))
    .refine((value) => value >= min && value <= max, message);
};

const BYTES: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 * 1024 };

/** A size such as `10kb`, `1mb` or `10240` (bytes), read as bytes. */
export const size = z
  .string()
  .regex(/^[1-9]\d{0,8}(kb|mb)?$/i, 'must be a size such as 10240, 10kb or 1mb')
  .transform((value) => Number.parseInt(value, 10) * (BYTES[value.slice(-2).toLowerCase()] ?? 1));

/** A URL with one of the given schemes. */
export const url = (schemes: readonly string[], example: string) =>
  z
    .string(required(`is missing; set it to something like ${example}`))
    .refine(
      (value) => URL.canParse(value) && schemes.includes(new URL(value).protocol),
      `must be a URL like ${example}`,
    );

const SECRET_BYTES = 32;
const DISTINCT = 10;
const MAKE_ONE = 'make one with `taskctl secret generate` or `openssl rand -base64 48`';

/** One or more secrets in a comma list; the first signs, all verify. */
export const secrets = z
  .string(required(`is missing; ${MAKE_ONE}`))
  .transform((value) => value.split(',').map((secret) => secret.trim()))
  .refine(
    (list) => list.every((secret) => Buffer.byteLength(secret) >= SECRET_BYTES),
    `must be at least ${SECRET_BYTES} bytes long; ${MAKE_ONE}`,
  )
  .refine((list) => list.every((secret) => new Set(secret).size >= DISTINCT), `is too easy to guess; ${MAKE_ONE}`)
  .refine((list) => !list.some((secret) => secret.includes('-----BEGIN')), `must be no key file; ${MAKE_ONE}`);

const isOrigin = (value: string) => value === '*' || (URL.canParse(value) && new URL(value).origin === value);

/** Origins in a comma list, or `*`. */
export const origins = z
  .string()
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every(isOrigin),
    'must be a comma list of origins such as https://app.example.com (no path, no slash at the end), or *',
  );

function isNetwork(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Which peers may say whom they forward for: `none`, a number of hops, or networks in a comma list. */
export const trustProxy = z
  .string()
  .transform((value): TrustProxy => {
    if (value === 'none') return value;
    if (/^\d{1,2}$/.test(value)) return Number(value);
    return value.split(',').map((network) => network.trim());
  })
  .refine(
    (value) => (Array.isArray(value) ? value.every(isNetwork) : value !== 0),
    'must be none, a number of proxies such as 1, or a comma list of networks such as 10.0.0.0/8,fd00::/8',
  );
