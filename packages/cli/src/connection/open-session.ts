import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';
import type { CallFacts, Session } from './session.ts';

/** Opens the server that the settings name, otherwise the database. */
export async function openSession(run: Run, globals: Globals, facts: CallFacts = {}): Promise<Session> {
  if (globals.url !== undefined) {
    const { openRemoteSession } = await import('./remote.ts');
    return openRemoteSession(run, { ...globals, url: globals.url }, facts);
  }
  const { openDirectSession } = await import('./session.ts');
  return openDirectSession(run, globals, facts);
}
