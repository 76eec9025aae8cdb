import { messageOf } from '@coorchat/kernel';

/** Codes of Node and OpenSSL for a certificate that the other side showed and this machine does not believe. */
const DISTRUST = /CERT|UNABLE_TO_VERIFY|ISSUER/;

const OWN_AUTHORITY =
  'Where an authority of your own signs, name the file with its certificate in NODE_EXTRA_CA_CERTS, and start again.';

/** Why the control plane could not be reached, and what to do, for people. */
export function unreachable(url: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const next = DISTRUST.test(code)
    ? `This machine does not trust its certificate (${code}). ${OWN_AUTHORITY}`
    : 'Check --url and the network.';
  return `The control plane at ${url} cannot be reached: ${messageOf(error).replace(/\.$/, '')}. ${next}`;
}
