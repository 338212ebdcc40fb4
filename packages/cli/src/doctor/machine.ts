import { stat } from 'node:fs/promises';
import { secretsFileOf } from '../connection/secrets-file.ts';
import { type Check, fail, ok, warn } from './check.ts';

const OLDEST_NODE = [20, 19] as const;
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;

/** The version of Node. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (isOld) return fail('node', `version ${version} is too old`, `Install Node ${OLDEST_NODE.join('.')} or later.`);
  return ok('node', `version ${version}`);
}

/** Who may read and change the data folder and the secrets in it. */
export async function checkDataFolder(directory: string): Promise<Check> {
  const folder = await stat(directory).catch(() => undefined);
  if (!folder) return ok('data folder', `${directory} does not exist yet`);
  if (folder.mode & WRITABLE_BY_OTHERS) {
    return warn('data folder', `${directory} can be changed by other users`, `chmod go-w ${directory}`);
  }
  const file = secretsFileOf(directory);
  const secrets = await stat(file).catch(() => undefined);
  if (secrets && secrets.mode & OPEN_TO_OTHERS) {
    return fail('data folder', `${file} can be read by other users`, `chmod 600 ${file}`);
  }
  return ok('data folder', directory);
}
