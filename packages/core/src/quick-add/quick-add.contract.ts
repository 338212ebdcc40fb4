import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { text } from '../kernel/fields.ts';
import { tagErrors } from '../tags/tags.errors.ts';
import { PRIORITIES, tasksContract } from '../tasks/tasks.contract.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { isTimeZone } from './wall-clock.ts';

const { title: _title, priority, ...fields } = tasksContract.create.input.shape;

const line = text({ max: 1000, required: 'Text is required' })
  .describe('What needs doing, as in `Pay rent tomorrow 9am #home !high // by bank transfer`')
  .meta({ examples: ['Pay rent tomorrow 9am #home !high'] });
const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'Must be a time zone like Europe/Berlin')
  .default('UTC')
  .describe('Whose clock the text means: an IANA name')
  .meta({ examples: ['Europe/Berlin'] });

const GRAMMAR =
  '`#tag` or `#"two words"` adds tags, `!low`, `!medium`, `!high`, `!urgent` or `p1` (urgent) to `p4` (low) set the priority, ' +
  'English words like `tomorrow 9am`, `on 3 March` or `in 2 days` the due date, and `//` starts the description. Double quotes, ' +
  'and a backslash before a word, keep text as it is. Whatever is not understood stays in the title.';

/** Operations of tasks that take a line of text as people type it. */
export const quickAddContract = defineContract({
  quickAdd: {
    summary: 'Create a task from a line of text',
    description: `${GRAMMAR} Tags that the workspace does not have are made. Fields that are given win over the text.`,
    access: 'user',
    http: 'POST /tasks/quick-add',
    input: z.strictObject({
      text: line,
      timeZone,
      ...fields,
      priority: priority.unwrap().optional().describe('How much it matters; by default what the text says, or MEDIUM'),
    }),
    output: tasksContract.create.output,
    status: 201,
    errors: [workspaceErrors.forbidden, tagErrors.tooMany, tagErrors.nameTaken],
  },
  previewQuickAdd: {
    summary: 'Tell what a line of text would become',
    description: `${GRAMMAR} Nothing is changed.`,
    access: 'user',
    http: 'POST /tasks/quick-add/preview',
    input: z.strictObject({ text: line, timeZone, workspaceId: fields.workspaceId }),
    output: z
      .object({
        title: z.string(),
        description: z.string().nullable(),
        priority: z.enum(PRIORITIES).nullable().describe('null: the text says nothing of it'),
        dueDate: z.date().nullable(),
        tags: z
          .array(z.object({ id: z.uuid().nullable(), name: z.string() }))
          .describe('A tag without an id does not exist yet'),
        parts: z
          .array(z.object({ field: z.enum(['description', 'priority', 'dueDate', 'tags']), text: z.string() }))
          .describe('The pieces of the text that were understood, in its order'),
      })
      .meta({ id: 'QuickAddPreview' }),
    errors: [workspaceErrors.forbidden],
    replayable: false,
  },
});
