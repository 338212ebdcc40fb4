import type { Environment } from '../connection/environment.ts';
import type { TextOutput } from './io.ts';

/** When output is coloured. */
export const COLOR_MODES = ['auto', 'always', 'never'] as const;

export type ColorMode = (typeof COLOR_MODES)[number];

/**
 * Whether text for this stream may be styled: as `--color` says, then FORCE_COLOR (0: never), then NO_COLOR, then by
 * whether it is a terminal that knows colours.
 */
export function hasColors({ isTTY }: TextOutput, mode: ColorMode, env: Environment): boolean {
  if (mode !== 'auto') return mode === 'always';
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR) return !['0', 'false'].includes(FORCE_COLOR);
  return isTTY === true && !NO_COLOR && TERM !== 'dumb';
}
