import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { blobVariables } from './blob.config.js';
import { databaseVariables } from './database.config.js';
import { httpVariables } from './http.config.js';
import { mailVariables } from './mail.config.js';
import { modelVariables } from './model.config.js';
import { nearestName } from './nearest-name.js';
import { organizationVariables } from './organization.config.js';
import { processVariables } from './process.config.js';
import { requestLimitVariables } from './request-limits.config.js';
import { formOf } from './variable.schema.js';
import { workVariables } from './work.config.js';

const PREFIX = 'COORCHAT_';

/** Variables of the other programs, which read them themselves. */
const FOREIGN_PREFIXES = ['WORKER_', 'TOOLBOX_', 'TEST_', 'DEMO_', 'BENCH_', 'CLI_', 'ENROLMENT_TOKEN'].map(
  (name) => PREFIX + name,
);

const variables = {
  ...processVariables,
  ...httpVariables,
  ...mailVariables,
  ...databaseVariables,
  ...blobVariables,
  ...modelVariables,
  ...workVariables,
  ...organizationVariables,
  ...requestLimitVariables,
};

const environmentSchema = z.object(variables);

export type Environment = z.infer<typeof environmentSchema>;
export type RawEnvironment = Readonly<Record<string, string | undefined>>;

const knownNames = Object.keys(variables);

function unknownVariables(env: RawEnvironment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !knownNames.includes(name))
    .filter((name) => !FOREIGN_PREFIXES.some((prefix) => name.startsWith(prefix)))
    .map((name) => {
      const meant = nearestName(name, knownNames);
      return `${name} is no variable of CoorChat${meant ? `; did you mean ${meant}?` : '.'}`;
    });
}

function faultOf(env: RawEnvironment, issue: { path: PropertyKey[]; message: string }): string {
  const name = String(issue.path[0]);
  const schema = (variables as Record<string, z.ZodType>)[name];
  const { form, secret } = schema ? formOf(schema) : { form: 'another value' };
  const shown = secret ? 'its value (not shown)' : JSON.stringify(env[name]?.slice(0, 200));
  return `${name}: ${shown} ${issue.message}; expected ${form}.`;
}

/** @throws AppError `platform.bad_environment` naming every unknown and malformed variable. */
export function parseEnvironment(source: RawEnvironment): Environment {
  const env = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(env);
  const malformed = parsed.success ? [] : parsed.error.issues.map((issue) => faultOf(env, issue));
  const faults = [...unknownVariables(env), ...new Set(malformed)];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new AppError({
    code: 'platform.bad_environment',
    kind: 'invalid',
    message: `CoorChat cannot start with this environment:\n  ${faults.join('\n  ')}`,
    details: { faults },
  });
}
