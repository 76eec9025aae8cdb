import { homedir, hostname } from 'node:os';
import { configError } from './config.errors.js';
import { KEY_STORES, type KeyStorePreference } from './worker-config.schema.js';

export interface WorkerEnvironment {
  readonly enrolmentToken: string | undefined;
  readonly keyStore: KeyStorePreference | undefined;
  readonly anthropicApiKey: string | undefined;
  readonly anthropicBaseUrl: string | undefined;
  readonly home: string;
  readonly hostName: string;
  /** All variables, for redaction and for what child processes inherit. */
  readonly all: Readonly<Record<string, string | undefined>>;
}

/** The one place of the worker that reads the environment. The enrolment token leaves it: children never see it. */
export function takeEnvironment(env: NodeJS.ProcessEnv = process.env): WorkerEnvironment {
  const enrolmentToken = env.COORCHAT_ENROLMENT_TOKEN;
  delete env.COORCHAT_ENROLMENT_TOKEN;
  return {
    enrolmentToken: enrolmentToken?.trim() || undefined,
    keyStore: keyStoreOf(env.COORCHAT_KEY_STORE || undefined, 'COORCHAT_KEY_STORE'),
    anthropicApiKey: env.ANTHROPIC_API_KEY || undefined,
    anthropicBaseUrl: env.ANTHROPIC_BASE_URL || undefined,
    home: homedir(),
    hostName: hostname(),
    all: { ...env },
  };
}

/** @throws AppError for a word that is none of the choices */
export function keyStoreOf(text: string | undefined, from: string): KeyStorePreference | undefined {
  const known = KEY_STORES.find((each) => each === text);
  if (text === undefined || known !== undefined) return known;
  throw configError(`${from} is "${text}"; it may be ${KEY_STORES.join(', ')}.`);
}
