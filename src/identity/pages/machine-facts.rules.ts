export interface MachineFact {
  readonly label: string;
  readonly value: string;
}

const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  hostname: 'Host name',
  platform: 'System',
  architecture: 'Architecture',
  cpuCores: 'Processors',
  memoryMb: 'Memory, MB',
  diskFreeMb: 'Free disk, MB',
  gpu: 'GPU',
  sandbox: 'Sandbox',
  maxConcurrent: 'Tasks at once',
  labels: 'Labels',
  toolchains: 'Toolchains',
  repositories: 'Repositories',
  keyStore: 'Private key',
  version: 'Version',
};
/** Words for words that mean little to people. */
const WORDS: Readonly<Record<string, string>> = {
  keychain: "in the operating system's keychain",
  file: 'in a file that its account alone may read',
};
const VALUE_LENGTH = 200;

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join(', ');
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).filter(Boolean).join(' ');
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > VALUE_LENGTH ? `${line.slice(0, VALUE_LENGTH)}…` : line;
}

/** What a machine says of itself, as far as we have words for it. Nobody has checked it. */
export function machineFacts(machine: Readonly<Record<string, unknown>>): MachineFact[] {
  return Object.entries(LABELS)
    .map(([key, label]) => ({ key, label, value: oneLine(textOf(machine[key])) }))
    .map(({ key, label, value }) => ({ label, value: key === 'keyStore' ? (WORDS[value] ?? value) : value }))
    .filter(({ value }) => value !== '');
}
