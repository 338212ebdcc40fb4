import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Logger } from '@taskapp/core';
import winston from 'winston';
import { escapeJsonLine, escapeText, toLogFields } from './log-fields.ts';
import { countDropped, gatherLines } from './log-sink.ts';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, for machines. `pretty`: coloured lines, for people. */
  readonly format: 'json' | 'pretty';
  /** Standard output by default. */
  readonly stream?: Writable;
  /** What every line has; where several processes write to one stream, which of them it is. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What is told of one request. */
export interface RequestLine {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly ip: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly code?: string;
  readonly aborted?: true;
  readonly status: number;
  readonly ms: number;
  readonly bytes: number;
}

/** A logger that may know a shorter way for the lines of requests, which are most of a log. */
export interface RequestLogger extends Logger {
  request?(level: LogLevel, line: RequestLine): void;
}

/** A logger that owns its end. */
export interface ServerLogger extends RequestLogger {
  /** Resolves when everything is written. The stream stays open. */
  close(): Promise<void>;
}

const SERVICE = 'taskapp';

/**
 * Logs over winston: secrets and control characters stay out. A reader that
 * goes away (EPIPE) ends the log, not the process; for one that stops reading, lines are dropped and counted.
 */
export function createLogger({ level, format, stream = process.stdout, fields: own }: LogOptions): ServerLogger {
  const lines = winston.format.printf(format === 'json' ? toJsonLine : toPrettyLine);
  const sink = gatherLines(stream);
  const transport = new winston.transports.Stream({ stream: sink.stream });
  const logger = winston.createLogger({ level, format: lines, transports: [transport], exitOnError: false });
  const ignore = () => undefined;
  stream.on('error', ignore);
  logger.on('error', ignore);

  const isEnabled = (at: LogLevel) => LEVELS.indexOf(at) <= LEVELS.indexOf(level);
  const describe = (at: LogLevel, message: string, fields: object) => {
    const timestamp = new Date().toISOString();
    return { timestamp, level: at, service: SERVICE, message, ...own, ...fields };
  };
  const isFull = countDropped(stream, (dropped) =>
    write('warn')('Log lines were dropped: nobody read them', { dropped }),
  );
  const write = (at: LogLevel) => (message: string, meta?: object) => {
    if (!isEnabled(at) || isFull()) return;
    // As one object: handed over separately, winston glues a `message` in `meta` onto the message.
    const { level: _level, message: detail, ...fields } = toLogFields(meta ?? {});
    logger.log(describe(at, message, detail === undefined ? fields : { detail, ...fields }));
  };
  // Names and values are the app's own, so nothing is looked for in them; the text is that of every other line.
  const request = (at: LogLevel, line: RequestLine) => {
    if (format !== 'json') write(at)('request', line);
    else if (isEnabled(at) && !isFull()) sink.add(`${toJsonLine(describe(at, 'request', line))}\n`);
  };
  const close = async () => {
    if (logger.writableFinished) return;
    const finished = once(logger, 'finish');
    logger.end();
    await finished;
    sink.stream.end();
    await once(sink.stream, 'finish');
    stream.off('error', ignore);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), request, close };
}

type Line = winston.Logform.TransformableInfo;

const toJsonLine = (line: Line): string => escapeJsonLine(JSON.stringify(line));

const COLOURS = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;

function toPrettyLine({ timestamp, level, message, service: _service, ...fields }: Line): string {
  const { error, ...rest } = fields as { error?: { stack?: unknown } };
  const colour = COLOURS[level as LogLevel];
  const details = Object.keys(rest).length > 0 ? ` ${styleText('gray', escapeJsonLine(JSON.stringify(rest)))}` : '';
  const time = String(timestamp).slice(11, 23);
  return `${time} ${styleText(colour, level.padEnd(5))} ${escapeText(String(message))}${details}${toPrettyError(error)}`;
}

/** A stack over several lines, each of them indented, so that none can be taken for a log line. */
function toPrettyError(error: { stack?: unknown; cause?: unknown } | undefined): string {
  if (error === undefined) return '';
  const lines = String(error.stack ?? JSON.stringify(error)).split('\n');
  const cause = error.cause as { stack?: unknown } | undefined;
  return `${lines.map((line) => `\n    ${escapeText(line)}`).join('')}${toPrettyError(cause)}`;
}
