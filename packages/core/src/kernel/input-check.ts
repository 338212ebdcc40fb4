import type * as z from 'zod';
import { type Operation, pathParams } from './contract.ts';
import { type FieldProblem, fail, kernelErrors } from './errors.ts';
import { freeze } from './freeze.ts';

const MAX_PROBLEMS = 20;

/**
 * Makes the check of an operation's input: it returns what the handler works with, frozen, or names what is wrong.
 * @throws input.invalid, and what the operation says of a thing that is not there
 */
export function createInputCheck(operation: Operation): (input: unknown) => unknown {
  const params = new Set(pathParams(operation));
  const absent = operation.errors?.find(({ kind }) => kind === 'not_found');
  return (input) => {
    const parsed = operation.input.safeParse(input ?? {});
    if (parsed.success) return freeze(parsed.data);
    const problems = parsed.error.issues.flatMap(describeIssue);
    // An address that cannot exist is answered like one that does not.
    if (absent && problems.some(({ path }) => params.has(path))) fail(absent);
    return fail(kernelErrors.invalid, { problems: problems.slice(0, MAX_PROBLEMS) });
  };
}

/** Never repeats the value that was refused. */
function describeIssue(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'Unrecognized key' }));
  }
  const message = issue.message.endsWith('received undefined') ? 'Required' : issue.message;
  return [{ path, message }];
}
