import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { id as anyId, instant, limit, page, text } from '../kernel/fields.ts';
import { tagRef } from '../tags/tags.contract.ts';
import { workspaceErrors } from '../workspaces/workspaces.errors.ts';
import { taskErrors } from './tasks.errors.ts';

export const STATUSES = ['TODO', 'IN_PROGRESS', 'DONE', 'CANCELLED'] as const;
export const PRIORITIES = ['LOW', 'MEDIUM', 'HIGH', 'URGENT'] as const;
export const SORTS = ['-createdAt', 'createdAt', '-dueDate', 'dueDate', '-priority', 'priority'] as const;

const id = anyId.describe('Task id');
/** Fields of tasks, for every operation that has them. */
export const workspaceId = anyId.optional().describe('Workspace; the personal one by default');
const aboutTitle = { description: 'What needs doing', examples: ['Buy milk'] };
export const title = text({ max: 200, required: 'Title is required' }).meta(aboutTitle);
export const description = text({ max: 5000, multiline: true }).nullable().optional().describe('Details; null: none');
export const status = z.enum(STATUSES).describe('Where the task stands');
export const priority = z.enum(PRIORITIES).describe('How much it matters');
export const dueDate = instant.nullable().optional().describe('When it is due; null: no date');
const tagIds = z
  .array(anyId)
  .max(20, 'At most 20 tags')
  .refine((ids) => new Set(ids).size === ids.length, 'Contains a tag twice')
  .meta({ uniqueItems: true })
  .optional()
  .describe('Tags of the task, all of them; they belong to its workspace');

/** The last task that pages by number reach. */
export const MAX_NUMBERED = 100_000;

/** A task as callers see it. */
export const task = z
  .object({
    id: z.uuid(),
    title: z.string().meta(aboutTitle),
    description: z
      .string()
      .nullable()
      .meta({ examples: ['Two litres'] }),
    status,
    priority,
    dueDate: z.date().nullable(),
    completedAt: z
      .date()
      .nullable()
      .meta({ description: 'When the status became DONE', examples: [null] }),
    userId: z.uuid().nullable().describe('Who created it; null once that account is deleted'),
    workspaceId: z.uuid(),
    version: z.int().describe('Grows with every change of the task'),
    tags: z.array(tagRef).describe('By name'),
    createdAt: z.date(),
    updatedAt: z.date(),
  })
  .meta({ id: 'Task' });

const pagination = z
  .object({
    page: z.int().nullable().describe('null when paging by cursor'),
    limit: z.int().meta({ examples: [20] }),
    total: z.int().nullable().describe('Tasks that match; null with count=false'),
    totalPages: z.int().nullable(),
    nextCursor: z.string().nullable().describe('Send it as `cursor` for the page that follows; null: the last page'),
  })
  .meta({ id: 'TaskPagination' });

export const tasksContract = defineContract({
  list: {
    summary: 'List tasks, newest first',
    description:
      'Pages by number (`page`) or by `cursor`; cursors cost the same at any depth and skip or repeat nothing ' +
      'while tasks come and go. Numbers reach to the 100,000th task.',
    access: 'user',
    http: 'GET /tasks',
    input: z.strictObject({
      page: page
        .optional()
        .describe('Page number, from 1 (the default); `page` times `limit` is at most 100,000')
        .meta({ 'x-max-times-limit': MAX_NUMBERED }),
      limit,
      cursor: z.string().max(512).optional().describe('`pagination.nextCursor` of the page before'),
      count: z.boolean().default(true).describe('false leaves out `total`'),
      status: status.optional(),
      priority: priority.optional(),
      tagId: anyId.optional().describe('Only tasks with this tag'),
      dueBefore: instant.optional().describe('Only tasks due before this time'),
      dueAfter: instant.optional().describe('Only tasks due at or after this time'),
      sort: z.enum(SORTS).default('-createdAt').describe('Order; `-` is descending, tasks without a date are due last'),
      workspaceId,
    }),
    output: z.object({ tasks: z.array(task), pagination }),
    errors: [workspaceErrors.forbidden],
  },
  create: {
    summary: 'Create a task',
    access: 'user',
    http: 'POST /tasks',
    input: z.strictObject({
      title,
      description,
      status: status.default('TODO'),
      priority: priority.default('MEDIUM'),
      dueDate,
      tagIds,
      workspaceId,
    }),
    output: task,
    status: 201,
    errors: [workspaceErrors.forbidden],
  },
  get: {
    summary: 'Get a task',
    access: 'user',
    http: 'GET /tasks/:id',
    input: z.strictObject({ id }),
    output: task,
    errors: [taskErrors.notFound, taskErrors.forbidden],
  },
  update: {
    summary: 'Change a task',
    description: 'Absent fields stay as they are, `null` clears a field, `tagIds` replaces all tags.',
    access: 'user',
    http: 'PATCH /tasks/:id',
    input: z.strictObject({
      id,
      title: title.optional(),
      description,
      status: status.optional(),
      priority: priority.optional(),
      dueDate,
      tagIds,
    }),
    output: task,
    errors: [taskErrors.notFound, taskErrors.forbidden],
  },
  remove: {
    summary: 'Delete a task',
    access: 'user',
    http: 'DELETE /tasks/:id',
    input: z.strictObject({ id }),
    errors: [taskErrors.notFound, taskErrors.forbidden],
  },
});

export type TaskView = z.output<typeof task>;
export type TaskStatus = (typeof STATUSES)[number];
export type TaskPriority = (typeof PRIORITIES)[number];
export type TaskSort = (typeof SORTS)[number];
type ListInput = z.output<typeof tasksContract.list.input>;
export type TaskFilter = Pick<ListInput, 'status' | 'priority' | 'tagId' | 'dueBefore' | 'dueAfter'>;
export type TaskListInput = ListInput;
