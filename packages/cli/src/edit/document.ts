import { isMap, parseDocument, stringify } from 'yaml';
import { failCli } from '../failures.ts';
import type { Row } from '../render/result.ts';
import { toTimestamp } from '../terminal/dates.ts';

/** The fields of a task that can be edited, as they stand in the text. */
export interface Edited {
  readonly title: string;
  readonly description: string | null;
  readonly status: string;
  readonly priority: string;
  readonly dueDate: string | null;
  /** By name. */
  readonly tags: readonly string[];
}

const FIELDS = ['title', 'description', 'status', 'priority', 'dueDate', 'tags'];

/** What of a task can be edited. */
export const editedOf = (task: Row): Edited => ({
  title: task.title as string,
  description: task.description as string | null,
  status: task.status as string,
  priority: task.priority as string,
  dueDate: task.dueDate === null ? null : new Date(task.dueDate as string | Date).toISOString(),
  tags: (task.tags as readonly { readonly name: string }[]).map(({ name }) => name),
});

/** The text that the editor opens with. */
export const toDocument = (edited: Edited, id: string): string =>
  [
    `# Task ${id}. Save without a change to leave it as it is.`,
    '# status: TODO, IN_PROGRESS, DONE, CANCELLED; priority: LOW, MEDIUM, HIGH, URGENT',
    '# dueDate: 2027-01-31, 2027-01-31T17:00, tomorrow, +3d, or RFC 3339; null: none',
    stringify(edited, { lineWidth: 0 }),
  ].join('\n');

/** Reads the text; a field that is gone stays as it is. What is no YAML of a task is refused, with the line. */
export function readDocument(text: string): Partial<Edited> {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error) failCli('cli.usage', `This is no YAML: ${error.message.trim()}`);
  if (!isMap(document.contents)) failCli('cli.usage', 'The text must hold fields, like "title: Buy milk"');
  const fields = document.toJS() as Row;
  const problems = Object.keys(fields).filter((name) => !FIELDS.includes(name));
  if (problems.length > 0) {
    failCli('cli.usage', 'Validation failed', {
      problems: problems.map((path) => ({ path, message: `There is no such field; there are ${FIELDS.join(', ')}` })),
    });
  }
  const { dueDate, tags } = fields;
  return {
    ...fields,
    ...(typeof dueDate === 'string' && { dueDate: toTimestamp(dueDate) }),
    ...(tags === null && { tags: [] }),
  } as Partial<Edited>;
}
