import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Ada Shop',
  GIT_AUTHOR_EMAIL: 'ada@shop.example',
  GIT_COMMITTER_NAME: 'Ada Shop',
  GIT_COMMITTER_EMAIL: 'ada@shop.example',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

const FILES: Record<string, string> = {
  'README.md': `# Shop

Two packages: \`packages/cart\` adds up what is in a cart, \`packages/pricing\` formats prices.
Run the tests with \`node --test\`.
`,
  'package.json': `${JSON.stringify({ name: 'shop', private: true, type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'packages/cart/package.json': `${JSON.stringify({ name: '@shop/cart', version: '1.0.0', type: 'module', exports: './src/cart.js' }, null, 2)}\n`,
  'packages/cart/src/cart.js': `/** Sum of a cart in cents. Each item is {name, cents, quantity}. */
export function cartTotal(items) {
  return items.reduce((sum, item) => sum + item.cents, 0);
}
`,
  'packages/cart/test/cart.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cartTotal } from '../src/cart.js';

test('an empty cart costs nothing', () => {
  assert.equal(cartTotal([]), 0);
});

test('each item counts as often as it is in the cart', () => {
  const items = [
    { name: 'pen', cents: 150, quantity: 3 },
    { name: 'book', cents: 1200, quantity: 1 },
  ];
  assert.equal(cartTotal(items), 1650);
});
`,
  'packages/pricing/package.json': `${JSON.stringify({ name: '@shop/pricing', version: '1.0.0', type: 'module', exports: './src/pricing.js' }, null, 2)}\n`,
  'packages/pricing/src/pricing.js': `/** Cents as people read them: 1650 is "16.50". */
export function formatPrice(cents) {
  return (cents / 100).toFixed(2);
}
`,
  'packages/pricing/test/pricing.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrice } from '../src/pricing.js';

test('a price has two decimals', () => {
  assert.equal(formatPrice(1650), '16.50');
});
`,
};

/** How the sample repository's tests run. */
export const SAMPLE_CHECKS = {
  tests: { command: ['node', '--test'] },
  cart: { command: ['node', '--test'], cwd: 'packages/cart' },
  pricing: { command: ['node', '--test'], cwd: 'packages/pricing' },
};

export const SAMPLE_REQUEST =
  'The cart adds up wrong: a test in packages/cart fails. Fix it. ' +
  'Add discount codes to packages/pricing (SAVE10 takes ten percent off), with tests. ' +
  'Then build a receipt from both packages, with tests, and write a changelog.';

export interface SampleRepository {
  /** What the control plane knows it by, and pushes to. */
  readonly url: string;
  readonly origin: string;
  readonly clone: string;
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  await run('git', args, { cwd, env: { ...process.env, ...IDENTITY } });
}

/** A real repository with a failing test and a missing feature: a bare origin, and a clone of it on one machine. */
export async function makeSampleRepository(folder: string): Promise<SampleRepository> {
  const origin = path.join(folder, 'origin', 'shop');
  const clone = path.join(folder, 'machines', 'atlas', 'code', 'shop');
  await mkdir(origin, { recursive: true });
  await mkdir(clone, { recursive: true });
  await git(origin, 'init', '--quiet', '--bare', '--initial-branch=main');
  await git(clone, 'init', '--quiet', '--initial-branch=main');
  for (const [name, text] of Object.entries(FILES)) {
    const file = path.join(clone, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const url = pathToFileURL(origin).href;
  await git(clone, 'add', '--all');
  await git(clone, 'commit', '--quiet', '--message', 'Shop with a cart and prices');
  await git(clone, 'remote', 'add', 'origin', url);
  await git(clone, 'push', '--quiet', '--set-upstream', 'origin', 'main');
  return { url, origin, clone };
}
