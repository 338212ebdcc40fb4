import type { World } from './world.ts';

/** What changes with every write that counts. */
export async function fingerprint({ query }: World): Promise<string> {
  const [row] = await query<{ state: string }>(`select concat_ws('/',
    (select sum(version) + count(*) from taskapp.workspaces), (select sum(version) + count(*) from taskapp.users),
    (select sum(version) + count(*) from taskapp.tasks), (select sum(version) + count(*) from taskapp.tags),
    (select count(*) filter (where revoked_at is null) || ':' || sum(generation) from taskapp.sessions)) as state`);
  return row?.state ?? '';
}
