import { defineErrors } from '../kernel/errors.ts';

export const tagErrors = defineErrors({
  notFound: { code: 'tag.not_found', kind: 'not_found', message: 'Tag not found' },
  forbidden: { code: 'tag.forbidden', kind: 'forbidden', message: 'You do not have access to this tag' },
  nameTaken: { code: 'tag.name_taken', kind: 'conflict', message: 'Tag already exists' },
  tooMany: { code: 'tag.too_many', kind: 'conflict', message: 'A workspace holds at most 1000 tags' },
});
