/** `currentPassword` as a flag or a command spells it: `current-password`. */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The noun of a feature's commands: `tasks` -> `task`, `categories` -> `category`, `auth` and `status` as they are. */
export const singular = (feature: string): string => feature.replace(/ies$/, 'y').replace(/([^aius])s$/, '$1');

/** Words as they stand in a sentence: `dueDate` -> `due date`. */
export const words = (name: string): string => kebab(name).replaceAll('-', ' ');
