/** A browser without scripts at our pages: cookies and forms. */
export class PageVisitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly server: { readonly url: string }) {}

  async send(path: string, fields?: Record<string, string>): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const form = fields && { method: 'POST', body: new URLSearchParams(fields) };
    const response = await fetch(this.server.url + path, { redirect: 'manual', headers: { cookie }, ...form });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }

  async submit(path: string, fields: Record<string, string>): Promise<Response> {
    const page = await (await this.send(path)).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    return this.send(path.split('?')[0] ?? '', { ...fields, csrf });
  }

  /** `name=value` of a cookie that was set here. */
  cookie(name: string): string {
    return `${name}=${this.cookies.get(name) ?? ''}`;
  }
}
