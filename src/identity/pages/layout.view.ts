import type { Account } from '../accounts/account.store.js';
import { type Fragment, type Html, html } from './html.js';
import { PASSKEY_SCRIPT_PATH, STYLESHEET_PATH } from './stylesheet.js';

export interface PageView {
  readonly title: string;
  readonly main: Html;
  /** Room for lists, in place of one narrow card. */
  readonly isWide?: boolean;
  /** The page talks to the browser's passkeys. */
  readonly hasPasskeys?: boolean;
  /** Where the browser goes by itself. */
  readonly refreshTo?: string;
}

export interface PageFrame {
  readonly account: Account | undefined;
  readonly csrf: string;
}

/** A house that speaks. */
export const MARK = html`<svg
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="2"
  stroke-linejoin="round"
  stroke-linecap="round"
  aria-hidden="true"
  focusable="false"
>
  <path d="M3 10.5 12 3.5l9 7V19H10l-4 3v-3H3z" />
  <path d="M8.5 13.5h.01M12 13.5h.01M15.5 13.5h.01" />
</svg>`;

export function csrfField(csrf: string): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}" />`;
}

function whoIsHere({ account, csrf }: PageFrame): Fragment {
  if (account === undefined) return undefined;
  return html`<div class="who">
    <span>${account.email}</span>
    <form method="post" action="/auth/sign-out">${csrfField(csrf)}<button class="plain">Sign out</button></form>
  </div>`;
}

/** A whole page. */
export function layout(view: PageView, frame: PageFrame): string {
  const home = frame.account ? '/auth/account' : '/auth/sign-in';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${view.refreshTo !== undefined && html`<meta http-equiv="refresh" content="0;url=${view.refreshTo}" />`}
        <title>${view.title} · CoorChat</title>
        <link rel="stylesheet" href="${STYLESHEET_PATH}" />
        <link rel="icon" href="/auth/assets/mark.svg" type="image/svg+xml" />
        ${view.hasPasskeys && html`<script src="${PASSKEY_SCRIPT_PATH}" defer></script>`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="mark" href="${home}">${MARK}<span>CoorChat</span></a
          >${whoIsHere(frame)}
        </header>
        <main id="main" tabindex="-1" ${view.isWide && html` class="wide"`}>${view.main}</main>
      </body>
    </html> `.text;
}
