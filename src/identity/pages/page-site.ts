import { Injectable } from '@nestjs/common';
import { isLoopbackHost, PublicUrl } from '../../platform/http/index.js';
import type { Site } from '../accounts/visitor.js';

/** Which site the browser shows. */
@Injectable()
export class PageSite {
  constructor(private readonly publicUrl: PublicUrl) {}

  /**
   * The public URL's origin, whatever a caller writes into `Host`; on a machine of one's own, `localhost` is as good as
   * `127.0.0.1`, and the only one of the two that passkeys know.
   */
  of(host: string | undefined): Site {
    const own = new URL(this.publicUrl.value);
    if (host === undefined || !isLoopbackHost(own.hostname) || !URL.canParse(`http://${host}`))
      return { origin: own.origin };
    const shown = new URL(`${own.protocol}//${host}`);
    return { origin: isLoopbackHost(shown.hostname) && shown.port === own.port ? shown.origin : own.origin };
  }
}
