import type { Command } from 'commander';
import { addCommand, addGroup, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl secret generate`. */
export function addSecretCommand(program: Command, run: Run): void {
  const group = addGroup(program, 'secret', 'generate');
  const generate = addCommand(group, 'generate', 'Print new secrets for tokens, as lines for an environment file');
  setAction(generate, run, async () => {
    const { generateSecrets } = await import('../connection/secrets-file.ts');
    const secrets = { ...generateSecrets() };
    const text = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
    await run.reporter.print({ kind: 'record', item: secrets, text: text.join('') });
  });
}
