/** Writes docs/errors.md out of the error codes in the source; `--check` fails when it is not up to date. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { errorCodesOf } from './errors/error-codes.ts';
import { errorsPage } from './errors/errors-page.ts';

const root = path.resolve(import.meta.dirname, '..');
const page = path.join(root, 'docs', 'errors.md');

const files = globSync(['src/**/*.ts', 'libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root })
  .filter((file) => !/\.spec\.ts$|\/generated\/|libs\/testing\//.test(file))
  .sort();
const codes = files.flatMap((file) => errorCodesOf(path.join(root, file)));
const text = await format(errorsPage(codes), { ...(await resolveConfig(page)), parser: 'markdown' });

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (readFileSync(page, 'utf8') !== text) {
  process.stderr.write('docs/errors.md is not up to date: run `npm run gen:errors`.\n');
  process.exitCode = 1;
}
