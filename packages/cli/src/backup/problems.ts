import { reasonOf } from '../connection/database.ts';
import { failCli } from '../failures.ts';
import { failDamaged } from './format.ts';

const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/;
const NETWORK = /^(ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;
const CONNECTION_LOST = /Connection terminated|Client has encountered|timeout expired/;
/** Values that a column does not take, and rows that a constraint does not. */
const UNFIT = /^2[23]/;

/** Tells what went wrong with the database or the file; anything else passes through. */
export const explainProblem =
  (file: string) =>
  (error: unknown): never => {
    const { code, message = '' } = error as { code?: unknown; message?: string };
    const known = typeof code === 'string' ? code : '';
    if (UNFIT.test(known)) failDamaged(`PostgreSQL refuses a row (${message})`, error);
    if (SQLSTATE.test(known) || NETWORK.test(known) || CONNECTION_LOST.test(message)) {
      failCli('database.unavailable', `PostgreSQL failed: ${reasonOf(error)}`, { cause: error });
    }
    if (known.startsWith('Z_')) failDamaged('it cannot be unpacked', error);
    if (/^E[A-Z]+$/.test(known)) {
      failCli('cli.file', `${nameOf(file)} cannot be read or written (${known})`, { cause: error });
    }
    throw error;
  };

/** How messages call the file. */
export const nameOf = (file: string): string => (file === '-' ? 'The pipe' : file);
