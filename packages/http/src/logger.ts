import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Logger } from '@taskapp/core';
import winston from 'winston';
import { escapeJsonLine, escapeText, toLogFields } from './log-fields.ts';
import { countDropped, gatherLines } from './log-sink.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, for machines. `pretty`: coloured lines, for people. */
  readonly format: 'json' | 'pretty';
  /** Standard output by default. */
  readonly stream?: Writable;
  /** What every line has; where several processes write to one stream, which of them it is. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A logger that owns its end. */
export interface ServerLogger extends Logger {
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
  const transport = new winston.transports.Stream({ stream: sink });
  const logger = winston.createLogger({ level, format: lines, transports: [transport], exitOnError: false });
  const ignore = () => undefined;
  stream.on('error', ignore);
  logger.on('error', ignore);

  const isFull = countDropped(stream, (dropped) =>
    write('warn')('Log lines were dropped: nobody read them', { dropped }),
  );
  const write = (at: LogLevel) => (message: string, meta?: object) => {
    if (!logger.isLevelEnabled(at) || isFull()) return;
    // As one object: handed over separately, winston glues a `message` in `meta` onto the message.
    const { level: _level, message: detail, ...fields } = toLogFields(meta ?? {});
    const timestamp = new Date().toISOString();
    const extra = { ...own, ...(detail !== undefined && { detail }), ...fields };
    logger.log({ level: at, message, timestamp, service: SERVICE, ...extra });
  };
  const close = async () => {
    if (logger.writableFinished) return;
    const finished = once(logger, 'finish');
    logger.end();
    await finished;
    sink.end();
    await once(sink, 'finish');
    stream.off('error', ignore);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), close };
}

type Line = winston.Logform.TransformableInfo;

function toJsonLine({ timestamp, level, message, service, ...fields }: Line): string {
  return escapeJsonLine(JSON.stringify({ timestamp, level, service, message, ...fields }));
}

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
