import * as z from 'zod';
import { isStorable } from '../kernel/fields.ts';

const MAX_CHARACTERS = 32_768;
const MAX_DEPTH = 10;

/** What integrations keep about a task: any JSON object that PostgreSQL can store, of limited size and depth. */
export const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => isJson(value, MAX_DEPTH), `Must be JSON of at most ${MAX_DEPTH} levels, without NUL characters`)
  .refine((value) => sizeOf(value) <= MAX_CHARACTERS, `Must be at most ${MAX_CHARACTERS} characters of JSON`)
  .nullable()
  .describe('Data of integrations, which mean nothing here; null: none');

/** Stops at its depth, so that what is nested too deeply to be written is never written. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'string') return isStorable(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1));
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return isPlain && Object.entries(value).every(([key, item]) => isStorable(key) && isJson(item, depth - 1));
}

/** Of what is no JSON the size is nobody's business. */
const sizeOf = (value: object): number => (isJson(value, MAX_DEPTH) ? JSON.stringify(value).length : 0);
