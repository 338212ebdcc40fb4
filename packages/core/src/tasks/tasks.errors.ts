import { defineErrors } from '../kernel/errors.ts';

export const taskErrors = defineErrors({
  notFound: { code: 'task.not_found', kind: 'not_found', message: 'Task not found' },
  forbidden: { code: 'task.forbidden', kind: 'forbidden', message: 'You do not have access to this task' },
});
