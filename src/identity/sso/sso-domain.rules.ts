import { domainToASCII } from 'node:url';

const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Lower case, in ASCII; undefined for what is no domain name. */
export function normalDomain(text: string): string | undefined {
  const domain = domainToASCII(text.trim().toLowerCase().replace(/\.$/, ''));
  return DOMAIN.test(domain) ? domain : undefined;
}

/** The domain of an address; undefined for what is no address with one. */
export function domainOf(email: string): string | undefined {
  const parts = email.split('@');
  return parts.length === 2 && parts[0] !== '' ? normalDomain(parts[1] ?? '') : undefined;
}

export function recordName(domain: string): string {
  return `_coorchat.${domain}`;
}

export function recordValue(token: string): string {
  return `coorchat-verification=${token}`;
}

/** As accounts keep it. */
export function normalAddress(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}
