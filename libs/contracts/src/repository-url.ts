import { AppError } from '@coorchat/kernel';

export type RepositoryProtocol = 'https' | 'http' | 'ssh' | 'file';

export interface RepositoryAddress {
  /**
   * The same for every spelling: `host/path`, `host:port/path`, or `file:///path`. Without scheme, login, default
   * port, trailing slash and `.git`.
   */
  readonly identity: string;
  /** What git is given: as it was written, login included. An identity alone is dialled by https. */
  readonly fetchUrl: string;
  /** For others to see: scheme and identity, no login. */
  readonly publicUrl: string;
  readonly protocol: RepositoryProtocol;
  /** Null for a folder. */
  readonly hostname: string | null;
}

const MAX_LENGTH = 2000;
const PROTOCOLS: Readonly<Record<string, RepositoryProtocol>> = {
  'https:': 'https',
  'http:': 'http',
  'ssh:': 'ssh',
  'file:': 'file',
};
/** Dropped whatever the scheme: forges also speak ssh on 443. */
const DEFAULT_PORTS: ReadonlySet<string> = new Set(['', '22', '80', '443']);
/** `git@host:owner/name`; a host of one letter is a Windows drive, and `a:b` alone could be anything. */
const SCP_LIKE = /^(?:[^@/\\:\s]+@([^@/\\:\s]{2,}):([^:].*)|([^@/\\:\s]{2,}):([^:]*\/.*))$/;
/** `host.example/path`, `host:8443/path`: an identity. A name without a dot and a port could be a folder. */
const SCHEMELESS =
  /^(?:(?:[a-z0-9-]+\.)+[a-z0-9-]+\/|(?:[a-z0-9.-]{2,}|\[[0-9a-f:.]+\]):\d{1,5}\/|\[[0-9a-f:.]+\]\/)./i;

/** The text itself stays out of the message: it may hold a password. */
function badUrl(problem: string): AppError {
  return new AppError({
    code: 'repository.bad_url',
    kind: 'invalid',
    message: `The repository URL ${problem}. Use https://host/path, ssh://host/path, git@host:path or file:///path.`,
  });
}

/** What was written as a URL with a scheme. */
function withScheme(text: string): string {
  if (text.includes('://')) return text;
  if (SCHEMELESS.test(text)) return `https://${text}`;
  const scp = SCP_LIKE.exec(text);
  return scp ? `ssh://${scp[1] ?? scp[3]}/${scp[2] ?? scp[4]}` : text;
}

function parse(text: string): URL {
  if (text.length === 0 || text.length > MAX_LENGTH) throw badUrl(`must have 1 to ${MAX_LENGTH} characters`);
  if (/[\s\u0000-\u001f\u007f]/.test(text)) throw badUrl('contains white space or control characters');
  // Never an option of the programs that are given it.
  if (text.startsWith('-')) throw badUrl('begins with a dash');
  const spelled = withScheme(text);
  if (!URL.canParse(spelled)) throw badUrl('is not an absolute URL');
  return new URL(spelled);
}

function protocolOf(url: URL): RepositoryProtocol {
  const protocol = PROTOCOLS[url.protocol];
  if (!protocol) throw badUrl(`has a scheme that is not supported ("${url.protocol.slice(0, -1)}")`);
  // A user name of ssh is a login; everywhere else it is half of a credential, or all of it.
  if (url.password !== '' || (url.username !== '' && protocol !== 'ssh')) {
    throw badUrl('contains credentials, which CoorChat does not store: remove them');
  }
  // Git decodes a login, and would find another host behind a slash in it.
  if (/^-|%/.test(url.username)) throw badUrl('has no valid login');
  if (url.search !== '' || url.hash !== '') throw badUrl('has a query or a fragment');
  return protocol;
}

/** Read as the web reads hosts, so that ssh and https spell international names alike. */
function hostnameOf(url: URL): string {
  const given = url.hostname;
  const web = `https://${given}/`;
  if (given === '' || given.startsWith('-') || !URL.canParse(web)) throw badUrl('has no valid host');
  const host = new URL(web).hostname.replace(/\.$/, '');
  if (host === '' || host.includes('%') || host.startsWith('-') || host.endsWith('.'))
    throw badUrl('has no valid host');
  return host;
}

function pathOf(url: URL): string {
  let path = url.pathname.replace(/[/\\]+/g, '/');
  while (/(?:\/|\.git)$/.test(path)) path = path.replace(/(?:\/|\.git)$/, '');
  if (path === '') throw badUrl('has no path');
  return path;
}

function folderAddress(url: URL): RepositoryAddress {
  if (url.hostname !== '' && url.hostname !== 'localhost') throw badUrl('names a host in a file URL');
  const identity = `file://${pathOf(url)}`;
  // Git knows the folder by its exact name: with `.git`, or without.
  const fetchUrl = `file://${url.pathname}`;
  return { identity, fetchUrl, publicUrl: identity, protocol: 'file', hostname: null };
}

/** Reads any spelling of a repository's address. @throws AppError `repository.bad_url`, also for credentials */
export function repositoryAddress(text: string): RepositoryAddress {
  const written = text.trim();
  const url = parse(written);
  const protocol = protocolOf(url);
  if (protocol === 'file') return folderAddress(url);
  const hostname = hostnameOf(url);
  const port = DEFAULT_PORTS.has(url.port) ? '' : `:${url.port}`;
  const identity = `${hostname}${port}${pathOf(url)}`;
  const fetchUrl = namesTransport(written) ? written : `https://${identity}`;
  return { identity, fetchUrl, publicUrl: `${protocol}://${identity}`, protocol, hostname };
}

/** What two spellings of one repository have in common. @throws AppError `repository.bad_url` */
export function repositoryIdentity(text: string): string {
  return repositoryAddress(text).identity;
}

/** Whether the text says how to dial the repository, not only which one it is. */
export function namesTransport(text: string): boolean {
  return text.includes('://') || !SCHEMELESS.test(text.trim());
}

/** Last segment of an identity, for people. */
export function repositoryName(identity: string): string {
  const last = identity.slice(identity.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
