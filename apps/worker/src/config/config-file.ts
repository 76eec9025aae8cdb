import { readFile } from 'node:fs/promises';
import { messageOf } from '@coorchat/kernel';
import { parse } from 'yaml';
import type { z } from 'zod';
import { configError } from './config.errors.js';
import { type WorkerConfig, workerConfigSchema } from './worker-config.schema.js';

/** @throws AppError that names each wrong key, what is wrong with it, and the file */
export async function readConfigFile(file: string | undefined): Promise<WorkerConfig> {
  if (file === undefined) return workerConfigSchema.parse({});
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw configError(`The configuration file cannot be read: ${messageOf(error)}`, error);
  });
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): WorkerConfig {
  const parsed = workerConfigSchema.safeParse(parseText(text, file) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  - ${describe(issue)}`);
  throw configError(`The configuration ${file} is wrong:\n${problems.join('\n')}`);
}

function parseText(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20 }) as unknown;
  } catch (error) {
    throw configError(`The configuration ${file} is neither YAML nor JSON: ${messageOf(error)}`, error);
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return where ? `${where}: ${issue.message}` : issue.message;
  const keys = issue.keys.map((key) => (where ? `${where}.${key}` : key));
  const known = where === '' ? ` (known: ${Object.keys(workerConfigSchema.shape).join(', ')})` : '';
  return `unknown key ${keys.map((key) => `"${key}"`).join(', ')}${known}`;
}
