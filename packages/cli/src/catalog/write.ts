import { writeFile } from 'node:fs/promises';
import { operations } from '@taskapp/core';
import { describeOperations } from './describe.ts';
import { STORED_CATALOG } from './load.ts';

// A step of the build, after the compiler: `node packages/cli/dist/catalog/write.js`.
await writeFile(STORED_CATALOG, `${JSON.stringify(describeOperations(operations))}\n`);
