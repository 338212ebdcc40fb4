import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenStore, Tokens } from '@taskapp/http/client';
import { configFolder } from '../settings/config-file.ts';
import { readPrivateFile, SHARED, writePrivateFile } from '../settings/private-file.ts';
import type { CliIo } from '../terminal/io.ts';

/** Who the tokens belong to: one profile at one server, so that no token reaches a server that did not make it. */
export interface Owner {
  readonly profile: string;
  readonly url: string;
}

/** The tokens of a profile at a server, in a file that only the user can read. Processes share it. */
export interface CredentialsFile extends TokenStore {
  readonly file: string;
  get(): Tokens | undefined;
  set(tokens: Tokens | undefined): Promise<void>;
}

/** The folder of all tokens. */
export const credentialsFolder = (io: CliIo): string => join(configFolder(io), 'credentials');

/** Nothing is read or written yet, and nothing is remembered: every call looks into the file. */
export function openCredentials(io: CliIo, { profile, url }: Owner): CredentialsFile {
  const hash = createHash('sha256').update(`${profile}\n${url}`).digest('hex').slice(0, 16);
  const file = join(credentialsFolder(io), `${hash}.json`);
  return {
    file,
    get: () => {
      const { accessToken, refreshToken } = readPrivateFile(file, SHARED.readable) ?? {};
      if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return undefined;
      return { accessToken, refreshToken };
    },
    set: async (tokens) => {
      if (tokens) await writePrivateFile(file, { profile, url, ...tokens });
      else await rm(file, { force: true });
    },
  };
}

/** Forgets all tokens of a profile, whatever server they are for; how many sessions that were. */
export async function forgetProfile(io: CliIo, profile: string): Promise<number> {
  const folder = credentialsFolder(io);
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const own = files.filter((file) => readPrivateFile(file, SHARED.readable)?.profile === profile);
  for (const file of own) await rm(file, { force: true });
  return own.length;
}
