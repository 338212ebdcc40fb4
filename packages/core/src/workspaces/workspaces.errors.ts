import { defineErrors } from '../kernel/errors.ts';

export const workspaceErrors = defineErrors({
  notFound: { code: 'workspace.not_found', kind: 'not_found', message: 'Workspace not found' },
  forbidden: { code: 'workspace.forbidden', kind: 'forbidden', message: 'You do not have access to this workspace' },
});
