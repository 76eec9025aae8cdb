import { homedir, hostname } from 'node:os';

export interface WorkerEnvironment {
  readonly enrolmentToken: string | undefined;
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
    anthropicApiKey: env.ANTHROPIC_API_KEY || undefined,
    anthropicBaseUrl: env.ANTHROPIC_BASE_URL || undefined,
    home: homedir(),
    hostName: hostname(),
    all: { ...env },
  };
}
