import { kebab, words } from '../catalog/names.ts';
import { failCli } from '../failures.ts';
import type { CliIo } from './io.ts';
import { readLines } from './stdin.ts';

/** A secret that a command may need. */
export interface SecretWish {
  readonly name: string;
  readonly isRequired: boolean;
  /** `--<name>-stdin` was given. */
  readonly fromStdin: boolean;
  /** It is being set: a prompt asks for it twice. */
  readonly isNew: boolean;
}

/**
 * Reads the secrets of a command: those asked for by flag as lines of stdin, in the order of the wishes; the other
 * required ones from a hidden prompt. Where nobody can be asked, the flags that are missing are named.
 */
export async function readSecrets(
  io: CliIo,
  canAsk: boolean,
  wishes: readonly SecretWish[],
): Promise<Record<string, string>> {
  const wanted = wishes.filter(({ isRequired, fromStdin }) => isRequired || fromStdin);
  const piped = io.stdin.isTTY ? [] : wanted.filter(({ fromStdin }) => fromStdin);
  const asked = wanted.filter((wish) => !piped.includes(wish));
  if (asked.length > 0 && !canAsk) failMissing(asked);
  const secrets = piped.length > 0 ? pair(await readLines(io), piped) : {};
  for (const wish of asked) secrets[wish.name] = await ask(io, wish);
  return secrets;
}

function failMissing(missing: readonly SecretWish[]): never {
  const flags = missing.map(({ name }) => `--${kebab(name)}-stdin`).join(' and ');
  failCli('cli.usage', `${flags} required where nobody can be asked`, {
    hint: missing.length > 1 ? 'Pipe in one line for each, in this order.' : 'Pipe it in as one line.',
  });
}

function pair(lines: readonly string[], wishes: readonly SecretWish[]): Record<string, string> {
  if (lines.length !== wishes.length || lines.includes('')) {
    const names = wishes.map(({ name }) => words(name)).join(', then ');
    failCli(
      'cli.usage',
      `stdin must hold exactly ${wishes.length === 1 ? 'one line' : `${wishes.length} lines`}: ${names}`,
    );
  }
  return Object.fromEntries(wishes.map(({ name }, at) => [name, lines[at] ?? '']));
}

async function ask(io: CliIo, { name, isNew }: SecretWish): Promise<string> {
  const { askHidden } = await import('./questions.ts');
  const label = words(name);
  const secret = await askHidden(io, `${label.charAt(0).toUpperCase()}${label.slice(1)}: `);
  if (isNew && (await askHidden(io, `Repeat the ${label}: `)) !== secret) {
    failCli('cli.usage', `The two entries of the ${label} differ`);
  }
  return secret;
}
