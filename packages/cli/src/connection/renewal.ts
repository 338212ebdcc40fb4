import { join } from 'node:path';
import type { Fetch } from '@taskapp/http/client';
import { withLock } from '../embedded/lock.ts';
import type { CredentialsFile } from './credentials.ts';

const RENEWAL = /\/api\/auth\/refresh$/;

/**
 * Sends the requests of a client whose tokens several processes share. Of those that renew them at once one asks the
 * server and the others get what it got: a refresh token that is used twice ends the session, once the time is over in
 * which the server takes it for a repetition.
 */
export const createRenewingFetch =
  (credentials: CredentialsFile): Fetch =>
  async (url, init) => {
    if (!RENEWAL.test(url)) return globalThis.fetch(url, init);
    const folder = join(credentials.file, '..', 'lock');
    return withLock(folder, () => renew(credentials, url, init));
  };

async function renew(credentials: CredentialsFile, url: string, init: RequestInit): Promise<Response> {
  const { refreshToken } = JSON.parse(String(init.body)) as { readonly refreshToken?: string };
  const kept = credentials.get();
  if (kept && kept.refreshToken !== refreshToken) return Response.json(kept);
  const response = await globalThis.fetch(url, init);
  const text = await response.text();
  // Written before the next process may look; the client itself would do it after that.
  if (response.ok && kept) await credentials.set(readPair(text));
  return new Response(text, response);
}

function readPair(text: string) {
  const { accessToken, refreshToken } = JSON.parse(text) as Readonly<Record<'accessToken' | 'refreshToken', string>>;
  return { accessToken, refreshToken };
}
