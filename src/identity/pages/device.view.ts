import { type Html, html, trusted } from './html.js';
import { layout, type PageView } from './layout.view.js';

export interface ServerForm {
  /** The authorization server's own form, with its token; other fields join it by its id. */
  readonly html: string;
  readonly id: string;
}

function serverForm({ html: markup }: ServerForm): Html {
  return trusted(markup);
}

/** Where a person enters the code that a machine or program shows. */
export function deviceCodePage(form: ServerForm, options: { userCode?: string; fault?: string } = {}): PageView {
  const { userCode = '', fault } = options;
  return {
    title: 'Connect a device',
    main: html`<section class="card">
      <h1>Connect a device</h1>
      <p class="lead">Enter the code that it shows.</p>
      ${fault !== undefined && html`<div class="notice bad" role="alert"><p>${fault}</p></div>`} ${serverForm(form)}
      <div class="field">
        <label for="user_code">Code</label>
        <input
          id="user_code"
          name="user_code"
          type="text"
          class="code"
          form="${form.id}"
          value="${userCode}"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          maxlength="20"
          required
          autofocus
        />
      </div>
      <button class="full" form="${form.id}">Go on</button>
    </section>`,
  };
}

/** Is it really the device in front of you? */
export function deviceConfirmPage(form: ServerForm, about: { clientName: string; userCode: string }): PageView {
  return {
    title: `Connect ${about.clientName}?`,
    main: html`<section class="card">
      <h1>Connect ${about.clientName}?</h1>
      <p class="lead">Go on only if the device in front of you shows this code:</p>
      <p class="user-code mono">${about.userCode}</p>
      ${serverForm(form)}
      <div class="actions">
        <button form="${form.id}">It is the same</button>
        <button class="second" name="abort" value="yes" form="${form.id}">Stop</button>
      </div>
    </section>`,
  };
}

export function deviceDonePage(clientName: string): PageView {
  return {
    title: 'Connected',
    main: html`<section class="card">
      <h1>Connected</h1>
      <p>${clientName} goes on by itself. You can close this page.</p>
    </section>`,
  };
}

/** A whole document for the authorization server, which answers by itself, and the headers that belong to it. */
export function serverPage(view: PageView): {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  return {
    body: layout(view, { account: undefined, csrf: '' }),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    },
  };
}
