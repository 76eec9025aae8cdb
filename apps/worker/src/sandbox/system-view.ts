import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';

/** Programs, libraries and what they cannot start without. Nothing of /home, /root, /var, /run, /opt, /srv. */
const MERGED = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const ETC = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'localtime',
  'nsswitch.conf',
  'mime.types',
  'protocols',
  'services',
];
const ETC_NETWORK = ['resolv.conf', 'hosts', 'host.conf', 'ssl', 'ca-certificates', 'ca-certificates.conf', 'pki'];

export const SYSTEM_FOLDERS: readonly string[] = ['/usr', ...MERGED];

function mergedFolder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  if (lstatSync(folder).isSymbolicLink()) return ['--symlink', readlinkSync(folder), folder];
  return ['--ro-bind', folder, folder];
}

function etcFile(name: string): string[] {
  const path = `/etc/${name}`;
  // Files such as resolv.conf are links to places that are not shown: the content is, under the usual name.
  return existsSync(path) ? ['--ro-bind', realpathSync(path), path] : [];
}

/** Arguments that show the system's own programs, read-only. */
export function systemView({ network }: { readonly network: boolean }): string[] {
  const etc = network ? [...ETC, ...ETC_NETWORK] : ETC;
  return ['--ro-bind', '/usr', '/usr', ...MERGED.flatMap(mergedFolder), ...etc.flatMap(etcFile)];
}
