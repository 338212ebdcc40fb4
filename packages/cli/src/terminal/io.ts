/** What a run of taskctl uses of its process, so that a test can bring its own. */
export interface CliIo {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` and the data folder are looked for. */
  readonly cwd: string;
  /** Ends the run early and in order; its reason is the name of the signal that the process got. */
  readonly signal?: AbortSignal;
}

/** A stream that people or programs read. */
export interface TextOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'ndjson', 'yaml', 'csv', 'tsv', 'ids'] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The formats that keep types and nesting: who reads those reads errors as JSON as well. */
export const isStructured = (format: OutputFormat): boolean => ['json', 'ndjson', 'yaml'].includes(format);

/** The formats whose lines are complete by themselves: they can be printed before the last one is known. */
export const isLines = (format: OutputFormat): boolean => ['ndjson', 'csv', 'tsv', 'ids'].includes(format);

/** The formats that people read. */
export const isForPeople = (format: OutputFormat): boolean => format === 'table' || format === 'wide';

/** True where a question reaches a person: questions go to stderr, and neither CI nor a program reads the answer. */
export const isInteractive = ({ stdin, stderr, env }: CliIo, format: OutputFormat): boolean =>
  Boolean(stdin.isTTY && stderr.isTTY && !env.CI && isForPeople(format));
