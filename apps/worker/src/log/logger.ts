import type { Redactor } from './redactor.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  /** readable: one line for people. json: one object a line. */
  readonly format: 'readable' | 'json';
  readonly redactor: Redactor;
  readonly write: (line: string) => void;
  readonly now?: () => Date;
}

/** One line per event. */
export class Logger {
  constructor(private readonly options: LoggerOptions) {}

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  #log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const { options } = this;
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level)) return;
    const at = (options.now?.() ?? new Date()).toISOString();
    const clean = options.redactor.deep({ message, ...fields });
    options.write(options.format === 'json' ? JSON.stringify({ at, level, ...clean }) : readable(at, level, clean));
  }
}

function readable(at: string, level: LogLevel, { message, ...fields }: { message: string }): string {
  const mark = level === 'info' ? '' : `${level}: `;
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  const tail = pairs.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${at.slice(11, 19)} ${mark}${message}${tail.length > 0 ? ` (${tail.join(' ')})` : ''}`.replaceAll(
    '\n',
    ' ⏎ ',
  );
}
