import type { CommandSpec } from './catalog/command-spec.ts';
import { words } from './catalog/names.ts';
import { failCli } from './failures.ts';
import type { Given, OperationCommand } from './operation.ts';
import { isSorted } from './pages.ts';
import { checkFields } from './render/fields.ts';
import type { Run } from './terminal/run.ts';
import { readSecrets } from './terminal/secrets.ts';

/** Refuses what cannot work before anything is asked for, opened or changed. */
export function checkUse({ spec, form, fields }: OperationCommand, { input, options, globals }: Given): void {
  const { access, output, required } = spec;
  const { as, url, format, columns = [] } = globals;
  checkFields(columns, output.fields);
  const canAsk = (name: string) => fields.secrets.includes(name) || name === form.argument;
  const missing = required.filter((name) => input[name] === undefined && !canAsk(name));
  if (missing.length > 0) failCli('cli.usage', `${missing.map(fields.nameOf).join(' and ')} required`);
  if (access === 'self' && as === undefined && url === undefined) {
    failCli('cli.usage', 'This command acts for a user; name one with --as', {
      hint: 'For example --as ada@example.com, or TASKCTL_AS.',
    });
  }
  if (globals.tokenStdin) checkTokenStdin({ input, options, globals });
  if (format === 'ids' && !output.fields.includes('id')) {
    failCli('cli.usage', 'The result of this command has no id; choose another --output');
  }
  const sort = sortOf(spec, options);
  if (sort !== undefined) checkFields([sort.replace(/^-/, '')], output.fields);
}

/** Stdin can hold one thing. */
function checkTokenStdin({ input, options, globals: { url } }: Given): void {
  if (url === undefined) failCli('cli.usage', '--token-stdin is for a server: name one with --url');
  const reads = (name: string) => name.endsWith('Stdin') && name !== 'tokenStdin' && options[name] === true;
  const isTaken = Object.keys(options).some(reads) || Object.values(input).flat().includes('-');
  if (isTaken) failCli('cli.usage', 'stdin cannot hold the token and something else', { hint: 'Set TASKCTL_TOKEN.' });
}

/** The field by which the rows that are shown are to be sorted, where the operation does not do it. */
export const sortOf = (spec: CommandSpec, { sort }: Given['options']): string | undefined =>
  isSorted(spec) && typeof sort === 'string' ? sort : undefined;

/** Asks a person before what cannot be taken back; where nobody can be asked, giving the command is the answer. */
export async function askFirst({ io }: Run, { form }: OperationCommand, { options, globals }: Given): Promise<void> {
  if (!form.question || options.yes || !globals.canAsk) return;
  const { askToConfirm } = await import('./terminal/questions.ts');
  await askToConfirm(io, form.question);
}

/** Asks for what may be an argument and was not given. */
export async function askArgument({ io }: Run, { spec, form, fields }: OperationCommand, { input, globals }: Given) {
  const { argument: name } = form;
  if (name === undefined || input[name] !== undefined || !spec.required.includes(name)) return {};
  if (!globals.canAsk) failCli('cli.usage', `${fields.nameOf(name)} required`);
  const { askLine } = await import('./terminal/questions.ts');
  return { [name]: await askLine(io, `${sentence(name)}: `) };
}

const sentence = (name: string): string => words(name).replace(/^./, (letter) => letter.toUpperCase());

/** Reads the secrets of the operation, from stdin or from a person. */
export const readSecretsOf = (run: Run, { spec, form, fields }: OperationCommand, { options, globals }: Given) =>
  readSecrets(
    run.io,
    globals.canAsk,
    fields.secrets.map((name) => ({
      name,
      isRequired: spec.required.includes(name),
      fromStdin: options[`${name}Stdin`] === true,
      isNew: form.confirm?.includes(name) ?? false,
    })),
  );
