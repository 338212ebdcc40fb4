import { createHash } from 'node:crypto';
import type { contracts } from '@taskapp/core';
import type { Row } from '../render/result.ts';
import type { Problem } from './formats.ts';

type Schema = (typeof contracts)['tasks']['import']['input']['shape']['tasks']['element'];

/** What `tasks.import` would refuse in a task. */
export function findProblems(schema: Schema, task: Row): Problem[] {
  const { error } = schema.safeParse(task);
  return (error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'There is no such field' }));
    }
    return [{ path, message: issue.message.endsWith('received undefined') ? 'Required' : issue.message }];
  });
}

/**
 * Makes ids for tasks that have none, from what they say: the same file gives the same ids again. Of tasks that say the
 * same each gets its own.
 */
export function createNaming(): (task: Row) => string {
  const counts = new Map<string, number>();
  return (task) => {
    const hash = createHash('sha256')
      .update(JSON.stringify(Object.entries(task).sort()))
      .digest('base64url');
    const count = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, count);
    return toUuid(createHash('sha256').update(`${hash} ${count}`).digest());
  };
}

/** A UUID of version 8, whose content is free (RFC 9562). */
function toUuid(hash: Buffer): string {
  const bytes = hash.subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
