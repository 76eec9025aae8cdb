/** Writes the table of doors across organizations in docs/security.md; `--check` fails when it is old. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOORS_PAGE, withDoors } from './doors/doors-page.ts';

const before = readFileSync(DOORS_PAGE, 'utf8');
const text = await withDoors(before);
if (!process.argv.includes('--check')) writeFileSync(DOORS_PAGE, text);
else if (text !== before) {
  process.stderr.write('docs/security.md is not up to date: run `npm run gen:system-doors`.\n');
  process.exitCode = 1;
}
