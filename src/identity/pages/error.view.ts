import { html } from './html.js';
import type { PageView } from './layout.view.js';

/** Something went wrong; the message says what, and what to do where there is something to do. */
export function errorPage(message: string, title = 'That did not work'): PageView {
  return {
    title,
    main: html`<section class="card">
      <h1>${title}</h1>
      <p>${message}</p>
      <p><a href="/auth/account">Go to your account</a></p>
    </section>`,
  };
}

export function expiredFormPage(): PageView {
  return errorPage(
    'This form is too old, or your browser keeps no cookies for this site. Go back, load the page again and send it once more.',
    'Please try again',
  );
}

export function goneLinkPage(again: { readonly label: string; readonly path: string }): PageView {
  return {
    title: 'This link no longer works',
    main: html`<section class="card">
      <h1>This link no longer works</h1>
      <p>It was used already, or it is too old.</p>
      <div class="actions"><a class="button" href="${again.path}">${again.label}</a></div>
    </section>`,
  };
}
