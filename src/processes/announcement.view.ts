import type { ControlPlane } from './control-plane.js';

/** One line of JSON for whoever started us, a few readable ones for a person. */
export function announcement(plane: Pick<ControlPlane, 'url' | 'bootstrapped'>, isTty: boolean): string {
  const { url, bootstrapped } = plane;
  if (!isTty) {
    const fields = { event: 'ready', url, pid: process.pid, keyFile: bootstrapped?.keyFile };
    return `${JSON.stringify(fields)}\n`;
  }
  const key = bootstrapped?.key === undefined ? [] : [`  API key        in ${bootstrapped.keyFile}`];
  return [
    '',
    '  CoorChat is running',
    '',
    `  API            ${url}`,
    `  Documentation  ${url}/docs`,
    ...key,
    '',
    '  Ctrl-C stops it.',
    '',
    '',
  ].join('\n');
}
