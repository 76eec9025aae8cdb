import type { OidcApp, SignedInPerson } from './oidc-app.js';

const MAX_STEPS = 12;

function fieldsOf(html: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    const value = /value="([^"]*)"/.exec(input)?.[1] ?? '';
    if (name !== undefined && (!/type="radio"/.test(input) || /checked/.test(input))) fields.append(name, value);
  }
  return fields;
}

function headingOf(html: string): string {
  return (
    /<main[\s\S]*<\/main>/
      .exec(html)?.[0]
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ') ?? html
  );
}

/** As much of a browser as signing in for a program needs: cookies by path, redirects, forms. */
export class TestBrowser {
  private readonly jar = new Map<string, { value: string; path: string }>();

  constructor(
    private readonly oidc: Pick<OidcApp, 'url'>,
    person?: SignedInPerson,
  ) {
    const [name, value] = person?.cookie.split('=') ?? [];
    if (name !== undefined && value !== undefined) this.jar.set(name, { value, path: '/' });
  }

  /** Follows redirects, says yes to what is asked, and ends where our server sends it away: the client's redirect. */
  async allow(start: string | URL, decision: 'allow' | 'deny' = 'allow'): Promise<URL> {
    let answer = await this.get(start);
    for (let step = 0; step < MAX_STEPS; step++) {
      const html = await answer.text();
      const refresh = /http-equiv="refresh" content="0; ?url=([^"]+)"/i.exec(html)?.[1]?.replaceAll('&amp;', '&');
      const location = answer.headers.get('location') ?? refresh;
      if (location !== undefined) {
        const next = new URL(location, this.oidc.url);
        if (next.origin !== new URL(this.oidc.url).origin || next.pathname.endsWith('/callback')) return next;
        answer = await this.get(next);
        continue;
      }
      const [form = '', action] = /<form[^>]*action="([^"]*interaction[^"]*)"[\s\S]*?<\/form>/.exec(html) ?? [];
      if (answer.status >= 400 || action === undefined)
        throw new Error(`stuck at ${answer.status}: ${headingOf(html)}`);
      const fields = fieldsOf(form);
      fields.set('decision', decision);
      answer = await this.post(new URL(action, this.oidc.url), fields);
    }
    throw new Error('too many steps');
  }

  async get(url: string | URL): Promise<Response> {
    return this.send(new URL(url), { method: 'GET' });
  }

  async post(url: URL, body: URLSearchParams): Promise<Response> {
    return this.send(url, { method: 'POST', body, headers: { origin: url.origin } });
  }

  private async send(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...this.jar]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const headers = { ...init.headers, accept: 'text/html', ...(cookie !== '' && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  private keep(line: string): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name === undefined || value === undefined) return;
    const path = /;\s*path=([^;]+)/i.exec(line)?.[1] ?? '/';
    if (value === '' || /1970/.test(line)) this.jar.delete(name);
    else this.jar.set(name, { value, path });
  }
}
