import { AppError } from '@coorchat/kernel';

const MAX_LENGTH = 2000;
const SCHEMES: ReadonlySet<string> = new Set(['https:', 'http:', 'ssh:', 'file:']);
/** `git@host:owner/name`; a host of one letter is a Windows drive, and `a:b` alone could be anything. */
const SCP_LIKE = /^(?:[^@/\\:\s]+@([^@/\\:\s]{2,}):([^:].*)|([^@/\\:\s]{2,}):([^:]*\/.*))$/;

/** The text itself stays out of the message: it may hold a password. */
function badUrl(problem: string): AppError {
  return new AppError({
    code: 'repository.bad_url',
    kind: 'invalid',
    message: `The repository URL ${problem}. Use https://host/path, ssh://host/path, git@host:path or file:///path.`,
  });
}

function parse(text: string): URL {
  if (text.length === 0 || text.length > MAX_LENGTH) throw badUrl(`must have 1 to ${MAX_LENGTH} characters`);
  if (/[\s\u0000-\u001f\u007f]/.test(text)) throw badUrl('contains white space or control characters');
  const scp = text.includes('://') ? null : SCP_LIKE.exec(text);
  const spelled = scp ? `ssh://${scp[1] ?? scp[3]}/${scp[2] ?? scp[4]}` : text;
  if (!URL.canParse(spelled)) throw badUrl('is not an absolute URL');
  return new URL(spelled);
}

function refuseWhatIsNoAddress(url: URL): void {
  if (!SCHEMES.has(url.protocol)) throw badUrl(`has a scheme that is not supported ("${url.protocol.slice(0, -1)}")`);
  // A user name of ssh is a login and is dropped; everywhere else it is half of a credential, or all of it.
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    throw badUrl('contains credentials, which CoorChat does not store: remove them');
  }
  if (url.search !== '' || url.hash !== '') throw badUrl('has a query or a fragment');
}

function hostOf(url: URL): string {
  const host = url.hostname.toLowerCase();
  if (url.protocol === 'file:') {
    if (host !== '' && host !== 'localhost') throw badUrl('names a host in a file URL');
    return '';
  }
  if (host === '' || host.startsWith('-') || host.includes('%')) throw badUrl('has no valid host');
  const port = url.protocol === 'ssh:' && url.port === '22' ? '' : url.port;
  return port === '' ? host : `${host}:${port}`;
}

function pathOf(url: URL): string {
  let path = url.pathname.replace(/[/\\]+/g, '/');
  while (/(?:\/|\.git)$/.test(path)) path = path.replace(/(?:\/|\.git)$/, '');
  if (path === '') throw badUrl('has no path');
  return path;
}

/**
 * One spelling for each repository: lower-case host, no default port, no trailing slash or `.git`.
 * `git@host:path` and `ssh://git@host/path` are `ssh://host/path`. Throws `repository.bad_url`, also for
 * a URL with credentials.
 */
export function canonicalUrl(text: string): string {
  const url = parse(text.trim());
  refuseWhatIsNoAddress(url);
  return `${url.protocol}//${hostOf(url)}${pathOf(url)}`;
}

/** What git dials for a canonical URL: forges expect the login `git` over ssh. */
export function transportUrl(canonical: string): string {
  return canonical.replace(/^ssh:\/\//, 'ssh://git@');
}

/** Last segment of a canonical URL, for people. */
export function repositoryName(canonical: string): string {
  const last = canonical.slice(canonical.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
