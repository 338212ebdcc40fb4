import type { Account } from './accounts.ts';
import type { Operation } from './document.ts';
import { createRandom } from './random.ts';
import { ALWAYS_GIVEN, sample } from './samples.ts';
import { resolve } from './schema.ts';
import type { World } from './world.ts';

/** The id that a path needs, of something that the caller may use. */
export function ownId({ path, access }: Operation, account: Account, victim: Account): string {
  const collection = /([\w-]+)\/\{id\}/.exec(path)?.[1] ?? '';
  const known: Record<string, string> = { tasks: account.taskId, tags: account.tagId, sessions: account.sessionId };
  if (collection === 'users' && access === 'admin') return victim.id;
  const id = known[collection];
  if (!id) throw new Error(`No id for ${path}: teach test/fuzz/requests.ts`);
  return id;
}

/** The smallest body that an operation takes; undefined where it takes none. */
export function smallestBody(
  { document: { root } }: World,
  operation: Operation,
  account: Account,
): Record<string, unknown> | undefined {
  if (!operation.body) return undefined;
  const random = createRandom(1 + Math.floor(Math.random() * 2 ** 31));
  const context = { root, random, operation, account };
  const { properties = {}, required = [] } = resolve(root, operation.body);
  const given = Object.entries(properties).filter(([name]) => required.includes(name) || ALWAYS_GIVEN.has(name));
  return Object.fromEntries(given.map(([name, schema]) => [name, sample(context, name, schema)]));
}

/** A request of every operation as it travels, about things that are not there. */
export function requestLines(world: World, account: Account): Buffer[] {
  const known = world.document.operations.filter(({ access }) => access !== undefined);
  return known.map((operation) => {
    const body = smallestBody(world, operation, account);
    const text = body ? JSON.stringify(body) : '';
    const head = [
      `${operation.method} ${operation.path.replace('{id}', account.workspaceId)} HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${account.accessToken}`,
      'Connection: close',
      ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`] : []),
    ];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`);
  });
}
