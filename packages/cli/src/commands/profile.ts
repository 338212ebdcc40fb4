import type { Command } from 'commander';
import { failCli } from '../failures.ts';
import { checkProfileName, readAssignments } from '../settings/change.ts';
import { type ConfigFile, readConfig, updateConfig } from '../settings/config-file.ts';
import { SETTING_NAMES } from '../settings/setting-names.ts';
import { DEFAULT_PROFILE } from '../settings/settings.ts';
import { addCommand, addGroup, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl profile list|use|add|remove`: named sets of settings. */
export function addProfileCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'profile', 'list, use, add, remove');
  setAction(addCommand(group, 'list', 'List the profiles'), run, async ({ settings: { profile } }) => {
    const { profiles } = readConfig(run.io);
    const names = new Set([DEFAULT_PROFILE, ...Object.keys(profiles)]);
    const items = [...names].map((name) => {
      const values = SETTING_NAMES.map((setting) => [setting, profiles[name]?.[setting] ?? null]);
      return { name, inUse: name === profile.value, ...Object.fromEntries(values) };
    });
    await run.reporter.print({ kind: 'list', items, fields: ['name', 'inUse', ...SETTING_NAMES] });
  });
  addUse(group, run);
  addAdd(group, run);
  addRemove(group, run);
}

function addUse(group: Command, run: Run): void {
  const command = addCommand(group, 'use', 'Use a profile from now on, where none is named').argument('<name>');
  setAction(command, run, async () => {
    const [name = ''] = command.args;
    await updateConfig(run.io, (config) => ({ ...requireIn(config, name), profile: name }));
    await run.reporter.print({ kind: 'record', item: { profile: name }, text: '' });
    run.reporter.hint(`The profile ${name} is in use`);
  });
}

function addAdd(group: Command, run: Run): void {
  const command = addCommand(group, 'add', 'Make a profile').argument('<name>');
  command.argument('[settings...]', `as url=https://tasks.example.com; ${SETTING_NAMES.join(', ')}`);
  setAction(command, run, async () => {
    const [name = '', ...assignments] = command.args;
    checkProfileName(name);
    const profile = readAssignments(assignments);
    await updateConfig(run.io, (config) => {
      if (Object.hasOwn(config.profiles, name)) failCli('cli.exists', `There is a profile "${name}" already`);
      return { ...config, profiles: { ...config.profiles, [name]: profile } };
    });
    await run.reporter.print({ kind: 'record', item: { name, ...profile }, text: '' });
    run.reporter.hint(`Use it with --profile ${name}, or from now on: taskctl profile use ${name}`);
  });
}

function addRemove(group: Command, run: Run): void {
  const command = addCommand(group, 'remove', 'Remove a profile, and forget its sessions').argument('<name>');
  setAction(command, run, async () => {
    const [name = ''] = command.args;
    await updateConfig(run.io, (config) => {
      const { [name]: _removed, ...profiles } = requireIn(config, name).profiles;
      const { profile, ...others } = config;
      return { ...others, ...(profile !== undefined && profile !== name && { profile }), profiles };
    });
    const { forgetProfile } = await import('../connection/credentials.ts');
    const forgotten = await forgetProfile(run.io, name);
    await run.reporter.print({ kind: 'record', item: { profile: name, forgottenSessions: forgotten }, text: '' });
    const note = forgotten > 0 ? '; its sessions are forgotten here, and end at the server when they expire' : '';
    run.reporter.hint(`The profile ${name} is removed${note}`);
  });
}

function requireIn(config: ConfigFile, name: string): ConfigFile {
  if (name === DEFAULT_PROFILE || Object.hasOwn(config.profiles, name)) return config;
  return failCli('cli.not_found', `There is no profile "${name}"`, { hint: 'See `taskctl profile list`.' });
}
