// JavaScript, so that a worker thread can load it from the sources as well: loaders for TypeScript stay behind.
import bcrypt from 'bcryptjs';

/**
 * Runs in a worker thread: bcrypt at cost 12 takes a quarter of a second of CPU.
 * @param {{ text: string, cost: number }} task
 */
export const hash = ({ text, cost }) => bcrypt.hashSync(text, cost);

/**
 * Runs in a worker thread.
 * @param {{ text: string, hash: string }} task
 */
export const compare = ({ text, hash }) => bcrypt.compareSync(text, hash);
