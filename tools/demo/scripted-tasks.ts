import { act, finish, type Turn, use, whenGreen } from './scripted-turns.ts';

const CART = 'packages/cart/src/cart.js';
const BUG = 'items.reduce((sum, item) => sum + item.cents, 0)';
const MENDED = 'items.reduce((sum, item) => sum + item.cents * item.quantity, 0)';

const DISCOUNT = `const CODES = new Map([['SAVE10', 10]]);

/** Cents after a discount code; an unknown code is refused. Fractions of a cent are rounded. */
export function applyDiscount(cents, code) {
  const percent = CODES.get(code);
  if (percent === undefined) throw new RangeError(\`Unknown discount code: \${code}\`);
  return Math.round((cents * (100 - percent)) / 100);
}
`;

const DISCOUNT_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDiscount } from '../src/discount.js';

test('SAVE10 takes ten percent off', () => {
  assert.equal(applyDiscount(1650, 'SAVE10'), 1485);
});

test('fractions of a cent are rounded', () => {
  assert.equal(applyDiscount(15, 'SAVE10'), 14);
});

test('an unknown code is refused', () => {
  assert.throws(() => applyDiscount(100, 'FREE'), RangeError);
});
`;

const RECEIPT = `import { cartTotal } from '../../cart/src/cart.js';
import { applyDiscount } from '../../pricing/src/discount.js';
import { formatPrice } from '../../pricing/src/pricing.js';

/** Lines of a receipt, one per item, then the total, less the discount if a code is given. */
export function receipt(items, code) {
  const total = cartTotal(items);
  const due = code === undefined ? total : applyDiscount(total, code);
  const lines = items.map(({ name, cents, quantity }) => \`\${quantity} x \${name}: \${formatPrice(cents * quantity)}\`);
  return [...lines, \`Total: \${formatPrice(due)}\`];
}
`;

const RECEIPT_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receipt } from '../src/receipt.js';

const items = [
  { name: 'pen', cents: 150, quantity: 3 },
  { name: 'book', cents: 1200, quantity: 1 },
];

test('a receipt adds up what is in the cart', () => {
  assert.deepEqual(receipt(items), ['3 x pen: 4.50', '1 x book: 12.00', 'Total: 16.50']);
});

test('a discount code lowers the total', () => {
  assert.equal(receipt(items, 'SAVE10').at(-1), 'Total: 14.85');
});
`;

const RECEIPT_PACKAGE = `${JSON.stringify({ name: '@shop/receipt', version: '1.0.0', type: 'module', exports: './src/receipt.js' }, null, 2)}\n`;

const CHANGELOG = `# Changelog

- Fixed: the cart counts each item as often as it is in it.
- Added: discount codes (SAVE10).
- Added: receipts.
`;

/** What the scripted engineer does, task by task, one entry per answer. */
export const SCRIPTED_TASKS: Readonly<Record<string, readonly Turn[]>> = {
  'fix-cart': [
    act('I read the cart and run its tests to see the failure.', use.read(CART), use.tests('cart')),
    ({ results }) =>
      results[0]?.includes(BUG)
        ? { text: 'The sum leaves out the quantity.', toolUses: [use.edit(CART, BUG, MENDED)] }
        : { text: 'The cart is not what I was told; I change nothing.' },
    act('Now its tests again.', use.tests('cart')),
    whenGreen(act('They pass.', use.commit('fix(cart): count each item as often as it is in the cart'))),
    finish('The cart now multiplies each price by its quantity. The tests of packages/cart pass.'),
  ],
  'add-discounts': [
    act(
      'I look at how the package is laid out.',
      use.list('packages/pricing'),
      use.read('packages/pricing/src/pricing.js'),
    ),
    act(
      'A module of its own, with tests.',
      use.write('packages/pricing/src/discount.js', DISCOUNT),
      use.write('packages/pricing/test/discount.test.js', DISCOUNT_TEST),
    ),
    act('Does it hold?', use.tests('pricing')),
    whenGreen(act('It does.', use.commit('feat(pricing): discount codes'))),
    finish('packages/pricing has applyDiscount with the code SAVE10; unknown codes are refused. Its tests pass.'),
  ],
  receipt: [
    act(
      'Both packages are merged here; I read what they offer.',
      use.read(CART),
      use.read('packages/pricing/src/discount.js'),
    ),
    act(
      'The receipt is a package of its own.',
      use.write('packages/receipt/package.json', RECEIPT_PACKAGE),
      use.write('packages/receipt/src/receipt.js', RECEIPT),
      use.write('packages/receipt/test/receipt.test.js', RECEIPT_TEST),
    ),
    act('All tests of the repository.', use.tests('tests')),
    whenGreen(act('Green.', use.commit('feat(receipt): receipts from cart and pricing'))),
    finish(
      'packages/receipt lists the items of a cart and the total, with a discount if there is a code. All tests pass.',
    ),
  ],
  changelog: [
    act('I write down what changed.', use.write('CHANGELOG.md', CHANGELOG)),
    act('And keep it.', use.commit('docs: changelog')),
    finish('CHANGELOG.md names the fix, the discount codes and the receipts.'),
  ],
};

const AGENT = { kind: 'agent', skill: null, tool: null, estimatedCostUsd: 0.05 };
const ANYWHERE = { platform: null, labels: [], toolchains: [{ name: 'node', range: '>=20' }] };
const runTests = (check: string) => ({ server: null, name: 'run_tests', arguments: JSON.stringify({ check }) });
const CHECK = { kind: 'tool', skill: null, needs: ANYWHERE, estimatedCostUsd: 0 };

/** The plan that the scripted planner answers. */
export const SCRIPTED_PLAN = {
  tasks: [
    {
      ...AGENT,
      key: 'fix-cart',
      title: 'Mend the sum of the cart',
      description: 'A test in packages/cart fails: cartTotal adds up wrong. Find out why and mend it.',
      dependsOn: [],
      needs: ANYWHERE,
    },
    {
      ...AGENT,
      key: 'add-discounts',
      title: 'Add discount codes',
      description: 'Add applyDiscount(cents, code) to packages/pricing: SAVE10 takes ten percent off. With tests.',
      dependsOn: [],
      needs: ANYWHERE,
    },
    {
      ...CHECK,
      key: 'check-cart',
      title: 'Run the tests of the cart',
      description: '',
      dependsOn: ['fix-cart'],
      tool: runTests('cart'),
    },
    {
      ...CHECK,
      key: 'check-pricing',
      title: 'Run the tests of pricing',
      description: '',
      dependsOn: ['add-discounts'],
      tool: runTests('pricing'),
    },
    {
      ...AGENT,
      key: 'receipt',
      title: 'Build receipts',
      description:
        'Add packages/receipt: receipt(items, code) from cart and pricing. Built on the release machine. With tests.',
      dependsOn: ['fix-cart', 'add-discounts'],
      needs: { ...ANYWHERE, labels: ['release'] },
    },
    {
      ...AGENT,
      key: 'changelog',
      title: 'Write the changelog',
      description: 'Write CHANGELOG.md: the fix, the discount codes, the receipts.',
      dependsOn: ['fix-cart', 'add-discounts'],
      needs: ANYWHERE,
    },
  ],
};
