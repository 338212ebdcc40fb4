import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { id, instant } from '../kernel/fields.ts';
import { color, name } from '../tags/tags.contract.ts';
import { tagErrors } from '../tags/tags.errors.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { metadata } from './task-metadata.fields.ts';
import { description, dueDate, priority, status, task, title, workspaceId } from './tasks.contract.ts';

/** How many tasks one call imports at most. */
export const MAX_IMPORTED = 100;

const exported = task.extend({ metadata }).meta({ id: 'ExportedTask' });

const tag = z.strictObject({
  name,
  color: color.optional().describe('Of a tag that has to be made; one that is there keeps its own'),
  id: z.unknown().optional().describe('As exports have it; has no effect'),
});

const isSetOf = (values: readonly string[]) => new Set(values).size === values.length;
const ignored = z.unknown().optional().describe('As exports have it; has no effect');

const imported = z
  .strictObject({
    id: id.optional().describe('Names the task, here and at every repetition; absent: a new task each time'),
    title,
    description,
    status: status.optional(),
    priority: priority.optional(),
    dueDate,
    completedAt: instant.nullable().optional().describe('When it was done; only where the status is DONE'),
    createdAt: instant.optional().describe('When it was made; now by default'),
    updatedAt: instant.optional().describe('When it was last changed where it comes from'),
    tags: z
      .array(tag)
      .max(20, 'At most 20 tags')
      .refine((tags) => isSetOf(tags.map((each) => each.name.toLowerCase())), 'Contains a tag twice')
      .optional()
      .describe('All its tags, by name; those that the workspace does not have are made'),
    metadata: metadata.optional(),
    userId: ignored,
    workspaceId: ignored,
    version: ignored,
  })
  .meta({ id: 'ImportedTask' });

const OUTCOMES = ['created', 'updated', 'unchanged', 'skipped', 'failed'] as const;

const result = z.object({
  id: z.uuid().describe('The id that the task has here'),
  outcome: z
    .enum(OUTCOMES)
    .describe('skipped: `existing` says that the task here stays; failed: it cannot be imported, `errors` says why'),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

export const taskTransferContract = defineContract({
  export: {
    summary: 'Read tasks with everything that is kept about them',
    description: 'Newest first, by cursor; what it answers can be given to the import as it is.',
    access: 'user',
    http: 'GET /tasks/export',
    input: z.strictObject({
      limit: z.int().min(1).max(500).default(100).describe('Tasks on a page, 1 to 500'),
      cursor: z.string().max(512).optional().describe('`pagination.nextCursor` of the page before'),
      workspaceId,
    }),
    output: z.object({
      tasks: z.array(exported),
      pagination: z.object({
        limit: z.int(),
        nextCursor: z
          .string()
          .nullable()
          .describe('Send it as `cursor` for the page that follows; null: the last page'),
      }),
    }),
    errors: [workspaceErrors.forbidden],
  },
  import: {
    summary: 'Make or change many tasks at once',
    description:
      'Tasks are known by their ids, so repeating an import changes nothing. An absent field stays as it is, `null` clears ' +
      'it. All tasks that can be imported are, in one transaction, and the others are told.',
    access: 'user',
    http: 'POST /tasks/import',
    bulk: true,
    input: z.strictObject({
      tasks: z
        .array(imported)
        .min(1, 'At least one task')
        .max(MAX_IMPORTED, `At most ${MAX_IMPORTED} tasks`)
        .refine((tasks) => isSetOf(tasks.flatMap((each) => each.id ?? [])), 'Contains an id twice')
        .describe('The tasks, each known by its id'),
      existing: z
        .enum(['newer', 'replace', 'keep'])
        .default('newer')
        .describe(
          'Which one wins where a task is here already: the newer one by `updatedAt` (the given one where it has none), ' +
            'always the given one, or always the one here',
        ),
      copy: z
        .boolean()
        .default(false)
        .describe('Give the tasks ids of their own, the same ones at every repetition: for tasks of another workspace'),
      dryRun: z.boolean().default(false).describe('Change nothing, only say what would happen'),
      workspaceId,
    }),
    output: z.object({ results: z.array(result).describe('One for each task, in their order') }),
    errors: [workspaceErrors.forbidden, tagErrors.tooMany],
  },
});

export type ImportInput = z.output<typeof taskTransferContract.import.input>;
export type ImportedTask = ImportInput['tasks'][number];
export type ImportResult = z.output<typeof result>;
export type ExportInput = z.output<typeof taskTransferContract.export.input>;
