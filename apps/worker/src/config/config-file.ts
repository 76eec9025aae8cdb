import { readFile } from 'node:fs/promises';
import { messageOf } from '@coorchat/kernel';
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

export async function parseConfig(text: string, file: string): Promise<WorkerConfig> {
  const parsed = workerConfigSchema.safeParse((await parseText(text, file)) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  - ${describe(issue)}`);
  throw configError(`The configuration ${file} is wrong:\n${problems.join('\n')}`);
}

async function parseText(text: string, file: string): Promise<unknown> {
  // Not needed again: loaded late, it costs no memory where there is no file.
  const { parse } = await import('yaml');
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
