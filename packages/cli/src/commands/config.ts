import type { Command } from 'commander';
import { failCli } from '../failures.ts';
import { setValue } from '../settings/change.ts';
import { configFileOf, updateConfig } from '../settings/config-file.ts';
import { listValues } from '../settings/list.ts';
import { readSettingName, SETTING_NAMES, SETTINGS } from '../settings/setting-names.ts';
import { addCommand, addGroup, setAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

const NAMES = `\nSettings: ${SETTING_NAMES.map((name) => `${name} (${SETTINGS[name].summary})`).join(', ')}.`;

/** `taskctl config list|get|set|unset|path`: what the profile in use says, and what counts. */
export function addConfigCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'config', 'list, get, set, unset, path');
  addList(group, run);
  addGet(group, run);
  addSet(group, run);
  addUnset(group, run);
  setAction(addCommand(group, 'path', 'Print where the configuration is'), run, async () => {
    const path = configFileOf(run.io);
    await run.reporter.print({ kind: 'record', item: { path }, text: `${path}\n` });
  });
}

function addList(group: Command, run: Run): void {
  const command = addCommand(group, 'list', 'Show what counts: of the options, the environment, .env and the profile');
  command.option('--show-origin', 'and who says so');
  setAction(command, run, async ({ settings }, { showOrigin }) => {
    const fields = ['name', 'value', ...(showOrigin ? ['origin'] : [])];
    const items = listValues(run.io, settings);
    const shown = items.map(({ origin, ...item }) => (showOrigin ? { ...item, origin } : item));
    await run.reporter.print({ kind: 'list', items: shown, fields });
  });
}

function addGet(group: Command, run: Run): void {
  const command = addCommand(group, 'get', 'Print the value of a setting that counts; exit with 6 when there is none');
  command.argument('<name>', 'the setting').addHelpText('after', NAMES);
  setAction(command, run, async ({ settings }) => {
    const name = readSettingName(command.args[0] ?? '');
    const item = listValues(run.io, settings).find((value) => value.name === name);
    if (item?.value == null) failCli('cli.not_found', `Nothing says what ${name} is`);
    await run.reporter.print({ kind: 'record', item: { ...item }, text: `${item.value}\n` });
  });
}

function addSet(group: Command, run: Run): void {
  const command = addCommand(group, 'set', 'Keep a setting in the profile in use, or in the one of --profile');
  command.argument('<name>', 'the setting').argument('<value>', 'what it is from now on').addHelpText('after', NAMES);
  setAction(command, run, async ({ settings: { profile } }) => {
    const [given = '', text = ''] = command.args;
    const name = readSettingName(given);
    const value = SETTINGS[name].read(text);
    await updateConfig(run.io, (config) => setValue(config, { profile: profile.value, name, value }));
    await run.reporter.print({ kind: 'record', item: { profile: profile.value, name, value }, text: '' });
    run.reporter.hint(`The ${name} of the profile ${profile.value} is ${value}`);
  });
}

function addUnset(group: Command, run: Run): void {
  const command = addCommand(group, 'unset', 'Take a setting out of the profile');
  command.argument('<name>', 'the setting').addHelpText('after', NAMES);
  setAction(command, run, async ({ settings: { profile } }) => {
    const name = readSettingName(command.args[0] ?? '');
    await updateConfig(run.io, (config) => setValue(config, { profile: profile.value, name, value: undefined }));
    await run.reporter.print({ kind: 'record', item: { profile: profile.value, name, value: null }, text: '' });
    run.reporter.hint(`The profile ${profile.value} says nothing about the ${name}`);
  });
}
