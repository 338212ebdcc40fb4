/** One line of a Dockerfile: `COPY`, its flags, and the rest. */
export interface Instruction {
  readonly keyword: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: string;
}

/** What lies between two `FROM`s. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile; joins continued lines and leaves out comments. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const instruction = parseInstruction(line);
    if (instruction.keyword !== 'FROM') stages.at(-1)?.instructions.push(instruction);
    else {
      const [base = '', , name = `${stages.length}`] = instruction.rest.split(/\s+/);
      stages.push({ name, base, instructions: [] });
    }
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, keyword = '', flags = '', rest = ''] = /^(\w+)((?:\s+--[\w-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
  const pairs = [...flags.matchAll(/--([\w-]+)=(\S+)/g)].map(([, name, value]) => [name, value]);
  return { keyword: keyword.toUpperCase(), flags: Object.fromEntries(pairs), rest };
}

/** The command of `CMD` and `HEALTHCHECK ... CMD`; the other form would put a shell between Docker and the process. */
export function parseExecForm(rest: string): string[] {
  const command: unknown = JSON.parse(rest.replace(/^CMD\s+/, ''));
  if (!Array.isArray(command)) throw new Error(`Not in exec form: ${rest}`);
  return command.map(String);
}

/** The pairs of `ENV`. */
export function parseEnv(rest: string): Record<string, string> {
  const pairs = [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  return Object.fromEntries(pairs);
}
