import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openSession } from '../connection/open-session.ts';
import type { Session } from '../connection/session.ts';
import { EXIT } from '../exit-codes.ts';
import { describeFailure, failCli } from '../failures.ts';
import { presentation } from '../presentation.ts';
import { resolveReferences, type SpecOf } from '../references.ts';
import type { Row } from '../render/result.ts';
import type { Globals } from '../terminal/globals.ts';
import { isInteractive } from '../terminal/io.ts';
import type { Run } from '../terminal/run.ts';
import { type Edited, editedOf, readDocument, toDocument } from './document.ts';
import { chooseEditor, openEditor } from './editor.ts';

interface Wish {
  readonly id: string;
  readonly specOf: SpecOf;
}

/** A task in the editor. */
interface Editing {
  readonly session: Session;
  readonly task: Row;
  readonly file: string;
}

/** Lets a person change a task in their editor, until it can be saved or they give up; the text is never lost. */
export async function editTask(run: Run, globals: Globals, { id, specOf }: Wish): Promise<void> {
  const editor = chooseEditor(run.io, globals.format);
  const session = await openSession(run, globals);
  const references = presentation['tasks.get']?.references ?? {};
  const input = await resolveReferences({ id }, references, { call: session.call, specOf, spec: specOf('tasks.get') });
  const task = await session.call('tasks.get', input);
  const original = toDocument(editedOf(task), String(task.id));
  const draft = await keepDraft(run, original);
  for (;;) {
    await openEditor(editor, draft.file);
    try {
      const changed = await save({ session, task, file: draft.file });
      draft.isDone = true;
      return await run.reporter.print({ kind: 'record', item: changed });
    } catch (error) {
      await decide(run, globals, error);
    }
  }
}

/** A file with the text; it goes at the end unless there is something in it that was not saved. */
async function keepDraft({ defer, reporter }: Run, original: string) {
  const folder = await mkdtemp(join(tmpdir(), 'taskctl-'));
  const draft = { file: join(folder, 'task.yaml'), isDone: false };
  await writeFile(draft.file, original, { mode: 0o600 });
  defer(async () => {
    const text = await readFile(draft.file, 'utf8').catch(() => original);
    if (draft.isDone || text === original) await rm(folder, { recursive: true, force: true });
    else reporter.hint(`Your text is kept in ${draft.file}`);
  });
  return draft;
}

async function save({ session, task, file }: Editing): Promise<Row> {
  const before = editedOf(task);
  const after = { ...before, ...readDocument(await readFile(file, 'utf8')) };
  const names = Object.keys(before) as (keyof Edited)[];
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  if (changed.length === 0) failCli('cli.cancelled', 'Nothing is changed');
  const fields = Object.fromEntries(changed.filter((name) => name !== 'tags').map((name) => [name, after[name]]));
  const tagIds = changed.includes('tags') ? { tagIds: await findTagIds(session, task, after.tags) } : {};
  return session.call('tasks.update', { id: task.id, ...fields, ...tagIds }, { ifMatch: task.version as number });
}

async function findTagIds({ call }: Session, { workspaceId }: Row, names: unknown): Promise<string[]> {
  const { tags } = (await call('tags.list', { workspaceId })) as { tags: readonly { id: string; name: string }[] };
  const wanted = Array.isArray(names) ? names.map(String) : failCli('cli.usage', 'tags must be a list of names');
  return wanted.map((name) => {
    const found = tags.find((tag) => tag.name.toLowerCase() === name.normalize('NFC').toLowerCase());
    return found?.id ?? failCli('cli.usage', `There is no tag "${name}"`, { hint: 'Make it: taskctl tag create.' });
  });
}

/** Goes on after what another look at the text can mend, if a person is there to look. */
async function decide({ io, reporter }: Run, { format }: Globals, error: unknown): Promise<void> {
  const { exitCode } = await describeFailure(error);
  if (exitCode !== EXIT.usage || !isInteractive(io, format)) throw error;
  await reporter.fail(error);
  const { askToConfirm } = await import('../terminal/questions.ts');
  await askToConfirm(io, 'Edit it again?');
}
