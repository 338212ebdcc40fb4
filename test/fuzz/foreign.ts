/** Names that a body must not be able to set: columns, their other spellings, keys that libraries give a meaning to. */
export const FOREIGN_KEYS = [
  ...['id', 'userId', 'user_id', 'creatorId', 'role', 'isAdmin', 'admin', 'passwordHash', 'password_hash', 'version'],
  ...['createdAt', 'created_at', 'updatedAt', 'deletedAt', 'completedAt', 'disabledAt', 'emailKey', 'taskCount', 'sid'],
  ...[
    'tags',
    'workspace',
    'workspace_id',
    '#id',
    '#ref',
    '#dbRef',
    '$where',
    'toString',
    'hasOwnProperty',
    'length',
    '',
  ],
];

/** Values of every other type. */
export const SWAPPED: readonly (readonly [kind: string, value: unknown])[] = [
  ['null', null],
  ['true', true],
  ['zero', 0],
  ['fraction', 1.5],
  ['negative', -1],
  ['huge', 1e300],
  ['unsafe integer', 2 ** 53],
  ['empty array', []],
  ['array of one', ['x']],
  ['nested array', [[['x']]]],
  ['empty object', {}],
  ['operator', { $gt: '' }],
  ['raw', { raw: 'select 1' }],
  ['reference', { '#ref': 'x' }],
  ['reference to a row', { '#dbRef': 1 }],
  ['id of a graph', { '#id': 'x' }],
  ['array of operators', [{ $ne: null }]],
  ['methods', { toString: 1, toJSON: 1 }],
  ['number as text', '1'],
  ['flag as text', 'true'],
];
