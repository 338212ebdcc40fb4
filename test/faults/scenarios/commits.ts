/** True for what PostgreSQL is sent to commit a change: COMMIT, or a statement that is a transaction by itself. */
export const isCommit = (chunk: Buffer): boolean =>
  ['COMMIT', 'task.created', 'task.updated'].some((text) => chunk.includes(text));
