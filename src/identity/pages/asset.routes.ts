import { Injectable } from '@nestjs/common';
import { publicConfig, RawRoutes } from '../../platform/http/index.js';
import { MARK } from './layout.view.js';
import { PASSKEY_SCRIPT, PASSKEY_SCRIPT_PATH, STYLESHEET, STYLESHEET_PATH } from './stylesheet.js';

const ACCESS = publicConfig('stylesheet, script and mark of the pages, the same for everyone');
const FOR_EVER = 'public, max-age=31536000, immutable';
const ICON = MARK.text.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" color="#0969da" ');

/** The few files that pages need. */
@Injectable()
export class AssetRoutes {
  constructor(private readonly raw: RawRoutes) {}

  mount(): void {
    this.serve(STYLESHEET_PATH, 'text/css; charset=utf-8', STYLESHEET);
    this.serve(PASSKEY_SCRIPT_PATH, 'text/javascript; charset=utf-8', PASSKEY_SCRIPT);
    this.serve('/auth/assets/mark.svg', 'image/svg+xml', ICON);
  }

  private serve(url: string, type: string, content: string): void {
    const cacheControl = url.endsWith('mark.svg') ? 'public, max-age=86400' : FOR_EVER;
    this.raw.add({
      method: 'GET',
      url,
      config: ACCESS,
      handler: (_request, reply) => reply.header('cache-control', cacheControl).type(type).send(content),
    });
  }
}
