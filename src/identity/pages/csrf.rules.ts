import { createHmac, timingSafeEqual } from 'node:crypto';

/** A key that makes nothing but tokens of forms. */
export function csrfKey(secretKey: string): Buffer {
  return createHmac('sha256', secretKey).update('coorchat form token v1').digest();
}

/** The token of forms in the browser that holds this cookie. */
export function csrfToken(key: Buffer, browserId: string): string {
  return createHmac('sha256', key).update(browserId).digest('base64url');
}

export function isCsrfToken(key: Buffer, browserId: string | undefined, token: string | undefined): boolean {
  if (browserId === undefined || token === undefined) return false;
  const expected = Buffer.from(csrfToken(key, browserId));
  const shown = Buffer.from(token);
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}

export interface FormOrigin {
  /** `Origin` header. */
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` header. */
  readonly fetchSite: string | undefined;
}

/** Whether a form came from a page of ours, as far as the browser says. */
export function isFromHere({ origin, fetchSite }: FormOrigin, ownOrigin: string): boolean {
  if (origin !== undefined && origin !== ownOrigin) return false;
  return fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none';
}
