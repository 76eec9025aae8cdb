import { access, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('every test that the threat model names is there', async () => {
  const text = await readFile('docs/security.md', 'utf8');
  const paths = [...text.matchAll(/`([\w./-]+\.spec\.ts)`/g)].map(([, path]) => path ?? '');
  expect(paths.length).toBeGreaterThan(10);
  await expect(Promise.all(paths.map((path) => access(path)))).resolves.toBeDefined();
});
