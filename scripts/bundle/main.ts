import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleCli } from './bundle.ts';
import { collectNotices } from './notices.ts';

// A step of the build: what `packages/cli/bin/taskctl.js` runs.
const folder = fileURLToPath(new URL('../../packages/cli/dist/bundle', import.meta.url));
await rm(folder, { recursive: true, force: true });
await writeFile(`${folder}/NOTICES.txt`, await collectNotices(await bundleCli(folder)));
