import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from '../config/index.js';

export type LogFields = Readonly<Record<string, unknown>>;

const REDACTED_KEYS = [
  'apiKey',
  'authorization',
  'cookie',
  'databaseUrl',
  'password',
  'secret',
  'secretKey',
  'token',
  'credential',
];

/** Secrets of ours and of Anthropic's that slip into texts. */
const SECRET_TEXT = /\b(cc[kewa]_[A-Za-z0-9_.-]{8,}|sk-ant-[A-Za-z0-9_-]{8,})|(:\/\/[^\s:/@]+):[^\s@/]+@/g;

export function redactText(text: string): string {
  return text.replace(SECRET_TEXT, (_match, token: string | undefined, start: string | undefined) =>
    token ? `${token.slice(0, 4)}[redacted]` : `${start ?? ''}:[redacted]@`,
  );
}

const ERROR_DEPTH = 4;

function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? redactText(error) : error;
  const { code, detail } = error as { code?: unknown; detail?: unknown };
  return {
    type: error.name,
    code,
    detail: typeof detail === 'string' ? redactText(detail) : undefined,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    cause: error.cause === undefined || depth >= ERROR_DEPTH ? undefined : errorFields(error.cause, depth + 1),
  };
}

/** The part of pino that we use. */
interface Sink {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Sink;
  flush(): void;
}

/** Structured log of one process. Also the injection token. */
export class Logger {
  constructor(private readonly sink: Sink) {}

  debug(message: string, fields: LogFields = {}): void {
    this.sink.debug(fields, redactText(message));
  }

  info(message: string, fields: LogFields = {}): void {
    this.sink.info(fields, redactText(message));
  }

  /** Something is wrong, but nobody lost anything. `error` goes into `fields.error`. */
  warn(message: string, fields: LogFields = {}): void {
    this.sink.warn(fields, redactText(message));
  }

  error(message: string, fields: LogFields = {}): void {
    this.sink.error(fields, redactText(message));
  }

  child(fields: LogFields): Logger {
    return new Logger(this.sink.child(fields));
  }

  flush(): void {
    this.sink.flush();
  }
}

/** JSON lines on stderr: stdout belongs to what a command prints for people and programs. */
export function createLogger(options: { level: LogLevel; destination?: DestinationStream }): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const sink = pino(
    {
      level: options.level,
      base: { pid: process.pid },
      redact: { paths: REDACTED_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
      serializers: { error: (value: unknown) => errorFields(value) },
    },
    destination,
  );
  return new Logger(sink);
}

/** Swallows everything; for tests. */
export function silentLogger(): Logger {
  return createLogger({ level: 'silent' });
}
