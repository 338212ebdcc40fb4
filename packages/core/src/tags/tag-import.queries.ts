import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import { DEFAULT_COLOR } from './tags.contract.ts';

/** A tag by its name, as an import has it. */
export interface NamedTag {
  readonly name: string;
  readonly color?: string | undefined;
}

/** A tag that had to be made. */
export interface MadeTag {
  readonly id: string;
  readonly name: string;
  readonly color: string;
}

/**
 * Finds the ids of tags by their names, makes those that the workspace does not have, and keeps all of them from being
 * deleted until the end of the transaction.
 */
export async function provideTags(db: Knex.Transaction, workspaceId: string, tags: readonly NamedTag[]) {
  const names = [...new Set(tags.map(({ name }) => name))];
  const ids = await lockTagIds(db, workspaceId, names);
  const missing = tags.filter(({ name }) => !ids.has(name));
  if (missing.length === 0) return { ids, made: [] };
  const made = await insertTags(db, workspaceId, missing);
  return { ids: await lockTagIds(db, workspaceId, names), made };
}

/** Those of the tags that the workspace does not have, each once. */
export async function findMissingTags(db: Knex.Transaction, workspaceId: string, tags: readonly NamedTag[]) {
  const ids = await lockTagIds(
    db,
    workspaceId,
    tags.map(({ name }) => name),
  );
  const missing = tags.filter(({ name }) => !ids.has(name)).map((tag) => [tag.name.toLowerCase(), tag] as const);
  return [...new Map(missing).values()];
}

/** Case is PostgreSQL's business, whose index decides which names are the same. */
async function lockTagIds(db: Knex.Transaction, workspaceId: string, names: readonly string[]) {
  if (names.length === 0) return new Map<string, string>();
  const sql = `select n.name, g.id from unnest(?::text[]) n (name)
    join taskapp.tags g on g.workspace_id = ? and lower(g.name) = lower(n.name) order by g.id for key share of g`;
  const { rows } = await db.raw(sql, [[...names], workspaceId]);
  return new Map((rows as { name: string; id: string }[]).map(({ name, id }) => [name, id]));
}

async function insertTags(db: Knex.Transaction, workspaceId: string, tags: readonly NamedTag[]): Promise<MadeTag[]> {
  const rows = tags.map(({ name, color = DEFAULT_COLOR }) => ({ id: uuid(), name, color: color.toLowerCase() }));
  const sql = `insert into taskapp.tags (id, workspace_id, name, color)
    select r.id, ?, r.name, r.color
    from jsonb_to_recordset(?::jsonb) as r (id uuid, name text, color text) order by lower(r.name)
    on conflict (workspace_id, lower(name)) do nothing returning id, name, color`;
  return (await db.raw(sql, [workspaceId, JSON.stringify(rows)])).rows;
}
