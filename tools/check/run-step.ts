import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Step } from './steps.ts';

export interface StepResult {
  readonly name: string;
  readonly passed: boolean;
  readonly durationMs: number;
  /** Empty when there is nothing to say. */
  readonly output: string;
}

/** dependency-cruiser refuses folders that do not exist. */
function existingArguments(args: readonly string[]): string[] {
  return args.filter((arg) => !/^[a-z]+$/.test(arg) || arg === 'run' || existsSync(arg));
}

/** Runs one step on this Node and collects what it prints, so that parallel steps do not mix. */
export function runStep(step: Step): Promise<StepResult> {
  const startedAt = Date.now();
  const env = { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) };
  const child = spawn(process.execPath, existingArguments(step.args), { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const passed = code === 0;
      const shown = !passed || step.showsWarnings ? output.trim() : '';
      resolve({ name: step.name, passed, durationMs: Date.now() - startedAt, output: shown });
    });
  });
}
