/** The variables that taskctl itself reads; those of the server are in docs/configuration.md. */
export const VARIABLES = {
  TASKCTL_URL: 'the server to work on, instead of the database (--url)',
  TASKCTL_TOKEN: 'an access token for it, which is used as it is; otherwise sign in: taskctl auth login',
  TASKCTL_PROFILE: 'the profile whose settings count (--profile)',
  TASKCTL_OUTPUT: 'how to print results (--output)',
  TASKCTL_AS: 'the user to act as, on a database (--as)',
  TASKCTL_TZ: 'the time zone of dates (--tz)',
  NO_COLOR: 'anything: no colours; FORCE_COLOR: colours in a pipe too, 0: never; --color wins over both',
  CI: 'anything: nobody is asked anything',
  XDG_CONFIG_HOME: 'where the folder taskctl with the profiles and sessions is; ~/.config by default',
  DATABASE_URL: 'the database to work on; without it, the embedded one in TASKAPP_DATA (.taskapp)',
} as const;

const WIDTH = 18;

/** The topic `taskctl help environment`. */
export const ENVIRONMENT_HELP = `Variables of taskctl

${Object.entries(VARIABLES)
  .map(([name, text]) => `  ${name.padEnd(WIDTH)}${text}\n`)
  .join('')}
A flag wins over the environment, that over .env in the working directory, that over the profile. An empty variable
counts as unset. \`taskctl config list --show-origin\` tells what counts and who says so.

Profiles are in $XDG_CONFIG_HOME/taskctl/config.json, sessions in credentials/ beside it. A configuration that others
can write and tokens that others can read are refused. A TASKCTL_TOKEN of the environment is not sent to a server
that only .env names.
`;
