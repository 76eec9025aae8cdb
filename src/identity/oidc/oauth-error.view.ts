import type { KoaContextWithOIDC } from 'oidc-provider';
import { errorPage } from '../pages/error.view.js';
import { layout } from '../pages/layout.view.js';

const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/** For people whom a program sent here with a request that cannot be answered to the program itself. */
export function oauthErrorPage(ctx: KoaContextWithOIDC, message: string): void {
  const said = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  const text = `The program that sent you here asked for something that cannot be done. It was told: “${said}”`;
  ctx.type = 'text/html; charset=utf-8';
  ctx.set('content-security-policy', POLICY);
  ctx.body = layout(errorPage(text, 'This request cannot be answered'), { account: undefined, csrf: '' });
}
