import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { id as anyId, text } from '../kernel/fields.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { tagErrors } from './tags.errors.ts';

export const DEFAULT_COLOR = '#2563eb';

/** A tag as tasks carry it. */
export const tagRef = z.object({
  id: z.uuid(),
  name: z.string().meta({ examples: ['home'] }),
  color: z.string().meta({ examples: [DEFAULT_COLOR] }),
});

const tag = tagRef
  .extend({
    workspaceId: z.uuid(),
    taskCount: z.int().describe('Tasks that carry the tag'),
    version: z.int(),
    createdAt: z.date(),
    updatedAt: z.date(),
  })
  .meta({ id: 'Tag' });

const id = anyId.describe('Tag id');
const workspaceId = anyId.optional().describe('Workspace; the personal one by default');
/** Fields of tags. */
export const name = text({ max: 50, required: 'Name is required' })
  .meta({ examples: ['home'] })
  .describe('Unique in the workspace, whatever its case');
export const color = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/, 'Must be a colour like #2563eb')
  .meta({ maxLength: 7, examples: ['#15803d'] })
  .describe('Colour as #rrggbb');

export const tagsContract = defineContract({
  list: {
    summary: 'List tags by name, with the number of their tasks',
    access: 'user',
    http: 'GET /tags',
    input: z.strictObject({ workspaceId }),
    output: z.object({ tags: z.array(tag) }),
    errors: [workspaceErrors.forbidden],
  },
  create: {
    summary: 'Create a tag',
    access: 'user',
    http: 'POST /tags',
    input: z.strictObject({ name, color: color.default(DEFAULT_COLOR), workspaceId }),
    output: tag,
    status: 201,
    errors: [tagErrors.nameTaken, tagErrors.tooMany, workspaceErrors.forbidden],
  },
  get: {
    summary: 'Get a tag',
    access: 'user',
    http: 'GET /tags/:id',
    input: z.strictObject({ id }),
    output: tag,
    errors: [tagErrors.notFound, tagErrors.forbidden],
  },
  update: {
    summary: 'Rename or recolour a tag',
    access: 'user',
    http: 'PATCH /tags/:id',
    input: z.strictObject({ id, name: name.optional(), color: color.optional() }),
    output: tag,
    errors: [tagErrors.notFound, tagErrors.forbidden, tagErrors.nameTaken],
  },
  remove: {
    summary: 'Delete a tag; its tasks stay',
    access: 'user',
    http: 'DELETE /tags/:id',
    input: z.strictObject({ id }),
    errors: [tagErrors.notFound, tagErrors.forbidden],
  },
});
