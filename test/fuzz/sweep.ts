import { createAccount } from './accounts.ts';
import { boundariesOf } from './boundaries.ts';
import { createBoundary } from './cases.ts';
import type { Plan } from './inputs.ts';
import { fieldsOf } from './judge.ts';
import { createRandom } from './random.ts';
import { resolve } from './schema.ts';
import type { World } from './world.ts';

/** Every end of what the document allows in any field, each once: too few for chance to meet them all. */
export async function planBoundaries(world: World): Promise<Plan[]> {
  const { root, operations } = world.document;
  const account = await createAccount(world);
  return operations
    .filter(({ access }) => access !== undefined)
    .flatMap((operation) => {
      const context = { root, operation, account, random: createRandom(1) };
      return fieldsOf(context).flatMap((field) =>
        boundariesOf(context, resolve(root, field.schema)).map(
          (_, at): Plan => ({
            operation,
            make: (context) => createBoundary(context, fieldsOf(context), { field, at }),
          }),
        ),
      );
    });
}
