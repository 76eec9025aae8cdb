import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';
import { launchBrowser } from './browser.js';

let plane: TestControlPlane;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  plane = await TestControlPlane.start();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await plane.close();
});
afterEach(() => page.close());

/** Runs in the browser before anything of a page: whatever its policy forbids is written to the console. */
const TELL_VIOLATIONS =
  "addEventListener('securitypolicyviolation', (e) => console.error(`violates ${e.violatedDirective}: ${e.blockedURI} ${e.sample} ${e.sourceFile}:${e.lineNumber}`))";

async function opens(path: string): Promise<{ policy: string; type: string }> {
  complaints = [];
  page = await browser.newPage();
  await page.addInitScript(TELL_VIOLATIONS);
  page.on('console', (message) => {
    const isAnswer = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const response = await page.goto(plane.url + path);
  const headers = response?.headers() ?? {};
  return { policy: headers['content-security-policy'] ?? '', type: headers['content-type'] ?? '' };
}

describe('the pages', () => {
  it.each([
    '/auth/sign-in',
    '/auth/sign-up',
    '/auth/reset',
    '/auth/device',
    '/auth/nothing-here',
    '/oidc/auth?client_id=nobody',
    '/docs',
  ])('at %s work within a policy that allows nothing inline', async (path) => {
    const { policy, type } = await opens(path);
    await page.waitForLoadState('networkidle');
    if (type.startsWith('text/html')) expect(await page.textContent('body')).toMatch(/\S/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(complaints).toEqual([]);
  });
});

it('is heard of when a page holds what its policy forbids', async () => {
  await opens('/docs');
  await page.route('**/auth/sign-in', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace('</body>', '<p style="color: red">x</p><script>1</script></body>');
    await route.fulfill({ response, body });
  });
  await page.goto(`${plane.url}/auth/sign-in`);
  await expect.poll(() => complaints.join()).toMatch(/violates style-src[\s\S]*violates script-src/);
});

describe('the page of the API', () => {
  it('shows operations, their models and who may call them, and tries one', async () => {
    await opens('/docs');
    await page.locator('.opblock-summary', { hasText: '/health/live' }).first().click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await page.locator('.opblock-summary', { hasText: 'Submit work' }).first().click();
    await page.locator('.opblock-body .model-example, .opblock-body .body-param').first().waitFor();
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.locator('.auth-container', { hasText: 'bearer' }).first().waitFor();
    expect(complaints).toEqual([]);
  });
});
